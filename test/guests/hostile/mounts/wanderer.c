// A guest alone that makes directories, links and hard links at random, moves them about, and looks for a
// way to "outside-only", which lies in every directory above the mount and beside it.
//
//   wanderer SEED STEPS    prints "<made> <opened> <refused>"; leaves with 9 once it has got out
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

#define ROOT 3
#define RW (RIGHT_READ | RIGHT_WRITE | RIGHT_READDIR)
enum { MAX_SEGMENTS = 7 };

static uint64_t state;
static uint32_t roll(uint32_t sides) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)((state >> 11) % sides);
}

/** Few names, so that they meet often; half of all segments go up or stay. */
static const char *const segments[] = {"x", "y", "z", "up", "..", "..", ".", ".."};
static const char *const names[] = {"x", "y", "z", "up"};

static uint32_t random_text(char *text) {
  uint32_t length = 0;
  for (uint32_t left = 1 + roll(MAX_SEGMENTS); left > 0; left--) {
    const char *segment = segments[roll(8)];
    if (length > 0) text[length++] = '/';
    memcpy(text + length, segment, strlen(segment));
    length += strlen(segment);
  }
  if (roll(50) == 0) memmove(text + 1, text, length++), text[0] = '/';
  return length;
}

/** A path that ends with a name. */
static uint32_t random_path(char *text) {
  uint32_t length = roll(3) == 0 ? 0 : random_text(text);
  if (length > 0) text[length++] = '/';
  const char *name = names[roll(4)];
  memcpy(text + length, name, strlen(name));
  return length + strlen(name);
}

static wasi_errno try_open(const char *path, uint32_t length, uint32_t oflags) {
  uint32_t fd;
  wasi_errno error = path_open(ROOT, FOLLOW, path, length, oflags, oflags ? RW : RIGHT_READ, 0, 0, &fd);
  if (!error) (void)!fd_close(fd);
  return error;
}

int main(int count, char **args) {
  if (count != 3) return 64;
  state = strtoull(args[1], 0, 10) * 0x9e3779b97f4a7c15u + 1;
  long made = 0, opened = 0, refused = 0;
  for (long step = atol(args[2]); step > 0; step--) {
    char from[64], to[64], target[80];
    uint32_t from_length = random_path(from), to_length = random_path(to);
    wasi_errno error;
    switch (roll(8)) {
      case 0: error = path_create_directory(ROOT, from, from_length); break;
      case 1:
      case 2: {
        uint32_t length = random_text(target);
        error = path_symlink(target, length, ROOT, to, to_length);
        break;
      }
      case 3: error = path_rename(ROOT, from, from_length, ROOT, to, to_length); break;
      case 4: error = path_link(ROOT, 0, from, from_length, ROOT, to, to_length); break;
      case 5: error = try_open(from, from_length, O_CREATE); break;
      case 6: error = path_unlink_file(ROOT, from, from_length); break;
      default: {
        // Now and then a clean table, or everything is a link to itself before long.
        error = roll(4) ? path_remove_directory(ROOT, from, from_length) : path_unlink_file(ROOT, from, from_length);
      }
    }
    if (!error) made++;
    if (error == E_PERM) refused++;

    uint32_t length = random_text(target);
    memcpy(target + length, "/outside-only", 13);
    if (!try_open(target, length + 13, 0)) {
      printf("escaped: %.*s\n", (int)length + 13, target);
      return 9;
    }
    if (!try_open(target, length, 0)) opened++;
  }
  printf("%ld %ld %ld\n", made, opened, refused);
  return 0;
}
