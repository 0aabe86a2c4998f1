// Calls one path function on "a/b/<name>" over and over, while somebody else swaps `a` and `a/b` for links
// that lead out of the mount. Whatever it gets must be from inside: "inside" is six bytes, what lies
// outside under the same names is longer.
//
//   races FUNCTION ROUNDS    prints "<done> <refused> <other>"; leaves with 9 once it has got out
//
// It goes on after ROUNDS until it was often enough both let in and refused: else it was no race.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

#define ROOT 3
#define PATH(text) (text), (uint32_t)(sizeof(text) - 1)
#define RW (RIGHT_READ | RIGHT_WRITE | RIGHT_READDIR)
enum { INSIDE_BYTES = 6, OFTEN = 20 };

static uint32_t follow;

static _Noreturn void escaped(const char *how) {
  printf("escaped: %s\n", how);
  exit(9);
}

/** That the name is taken is only said of a directory that was reached; outside it is not. */
static wasi_errno got_in(wasi_errno error) { return error == E_EXIST ? SUCCESS : error; }

static wasi_errno size_of(const char *path, uint32_t length, uint64_t *size) {
  wasi_filestat stat = {0};
  wasi_errno error = path_filestat_get(ROOT, follow, path, length, &stat);
  *size = stat.size;
  return error;
}

static wasi_errno try_open(void) {
  uint32_t fd, got = 0;
  wasi_errno error = path_open(ROOT, follow, PATH("a/b/file"), 0, RIGHT_READ, 0, 0, &fd);
  if (error) return error;
  char text[16];
  wasi_iovec part = {text, sizeof text};
  error = fd_read(fd, &part, 1, &got);
  if (!error && (got != INSIDE_BYTES || memcmp(text, "inside", INSIDE_BYTES) != 0)) escaped("open");
  (void)!fd_close(fd);
  return error;
}

static wasi_errno try_create(void) {
  uint32_t fd, put;
  wasi_errno error = path_open(ROOT, follow, PATH("a/b/made"), O_CREATE | O_TRUNCATE, RW, 0, 0, &fd);
  if (error) return error;
  wasi_iovec part = {"made", 4};
  (void)!fd_write(fd, &part, 1, &put);
  (void)!fd_close(fd);
  (void)!path_unlink_file(ROOT, PATH("a/b/made"));
  return 0;
}

static wasi_errno try_truncate(void) {
  uint32_t fd;
  wasi_errno error = path_open(ROOT, follow, PATH("a/b/file"), O_TRUNCATE, RW, 0, 0, &fd);
  if (error) return error;
  wasi_filestat stat;
  error = fd_filestat_get(fd, &stat);
  (void)!fd_close(fd);
  return error;
}

static wasi_errno try_stat(void) {
  uint64_t size;
  wasi_errno error = size_of(PATH("a/b/file"), &size);
  if (!error && size != INSIDE_BYTES) escaped("stat");
  return error;
}

static wasi_errno try_mkdir(void) {
  wasi_errno error = path_create_directory(ROOT, PATH("a/b/made"));
  if (!error || error == E_EXIST) (void)!path_remove_directory(ROOT, PATH("a/b/made"));
  return got_in(error);
}

static wasi_errno try_rmdir(void) {
  (void)!path_create_directory(ROOT, PATH("a/b/empty"));
  return path_remove_directory(ROOT, PATH("a/b/empty"));
}

static wasi_errno try_unlink(void) {
  uint32_t fd;
  if (!path_open(ROOT, 0, PATH("a/b/gone"), O_CREATE, RW, 0, 0, &fd)) {
    wasi_filestat stat;
    if (!fd_filestat_get(fd, &stat) && stat.size != 0) escaped("open before unlink");
    (void)!fd_close(fd);
  }
  return path_unlink_file(ROOT, PATH("a/b/gone"));
}

static wasi_errno try_rename_from(void) {
  wasi_errno error = path_rename(ROOT, PATH("a/b/file"), ROOT, PATH("c/moved"));
  if (error) return error;
  uint64_t size;
  if (size_of(PATH("c/moved"), &size) || size != INSIDE_BYTES) escaped("rename from");
  while (path_rename(ROOT, PATH("c/moved"), ROOT, PATH("a/b/file"))) continue;
  return 0;
}

static wasi_errno try_rename_to(void) {
  wasi_errno error = path_rename(ROOT, PATH("c/source"), ROOT, PATH("a/b/arrived"));
  if (error) return error;
  while (path_rename(ROOT, PATH("a/b/arrived"), ROOT, PATH("c/source"))) continue;
  return 0;
}

static wasi_errno try_link_from(void) {
  wasi_errno error = path_link(ROOT, 0, PATH("a/b/file"), ROOT, PATH("c/linked"));
  if (error) return error;
  uint64_t size;
  if (size_of(PATH("c/linked"), &size) || size != INSIDE_BYTES) escaped("link from");
  (void)!path_unlink_file(ROOT, PATH("c/linked"));
  return 0;
}

static wasi_errno try_link_to(void) {
  wasi_errno error = path_link(ROOT, 0, PATH("c/source"), ROOT, PATH("a/b/made"));
  if (!error || error == E_EXIST) (void)!path_unlink_file(ROOT, PATH("a/b/made"));
  return got_in(error);
}

static wasi_errno try_symlink(void) {
  wasi_errno error = path_symlink(PATH("text"), ROOT, PATH("a/b/made"));
  if (!error || error == E_EXIST) (void)!path_unlink_file(ROOT, PATH("a/b/made"));
  return got_in(error);
}

static wasi_errno try_readlink(void) {
  char text[16];
  uint32_t used;
  wasi_errno error = path_readlink(ROOT, PATH("a/b/link"), text, sizeof text, &used);
  if (!error && (used != INSIDE_BYTES || memcmp(text, "inside", INSIDE_BYTES) != 0)) escaped("readlink");
  return error;
}

static wasi_errno try_set_times(void) {
  return path_filestat_set_times(ROOT, follow, PATH("a/b/file"), 1000000000, 2000000000, SET_ATIME | SET_MTIME);
}

static int holds(const char *bytes, uint32_t length, const char *text) {
  size_t wanted = strlen(text);
  for (uint32_t at = 0; at + wanted <= length; at++)
    if (memcmp(bytes + at, text, wanted) == 0) return 1;
  return 0;
}

static wasi_errno try_readdir(void) {
  static char buffer[4096];
  uint32_t fd, used = 0;
  wasi_errno error = path_open(ROOT, follow, PATH("a/b"), O_DIR, RIGHT_READDIR, 0, 0, &fd);
  if (error) return error;
  error = fd_readdir(fd, buffer, sizeof buffer, 0, &used);
  if (!error && holds(buffer, used, "outside-only")) escaped("readdir");
  (void)!fd_close(fd);
  return error;
}

static const struct {
  const char *name;
  wasi_errno (*attempt)(void);
} functions[] = {
    {"open", try_open},           {"create", try_create},       {"truncate", try_truncate},
    {"stat", try_stat},           {"mkdir", try_mkdir},         {"rmdir", try_rmdir},
    {"unlink", try_unlink},       {"rename-from", try_rename_from}, {"rename-to", try_rename_to},
    {"link-from", try_link_from}, {"link-to", try_link_to},     {"symlink", try_symlink},
    {"readlink", try_readlink},   {"set-times", try_set_times}, {"readdir", try_readdir},
};

int main(int count, char **args) {
  if (count != 3) return 64;
  long rounds = atol(args[2]);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (strcmp(functions[i].name, args[1]) != 0) continue;
    long done = 0, refused = 0, other = 0;
    for (long round = 0; round < rounds || done < OFTEN || refused < OFTEN; round++) {
      follow = round & 1;
      wasi_errno error = functions[i].attempt();
      if (!error) done++;
      else if (error == E_PERM || error == E_LOOP) refused++;
      else other++;
    }
    printf("%ld %ld %ld\n", done, refused, other);
    return 0;
  }
  return 64;
}
