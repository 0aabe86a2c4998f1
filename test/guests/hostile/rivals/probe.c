// probe KIND: tries one thing that some host has got wrong, and prints what came of it. The directory /mnt is the
// only one of the host that it was granted; /mnt/../secret lies beside it, where it has no business.
//
//   up              opens ../secret                       link-up    the same through links that it makes itself
//   out             changes things behind /mnt/out, a link of the host to a directory beside
//   flip, look      two guests: one exchanges /mnt/d for a link to the directory beside, one reads /mnt/d/secret
//   read-only       writes a file
//   memory          takes memory up to 1 GiB, prints how many MiB it got
//   loop            never ends                            exit       leaves with 7
//   env             prints its environment                args       prints its arguments
//   binary          prints all bytes there are            flood      prints 262,144 bytes, then leaves at once
//   nul             opens a path with a NUL in it         read       waits for input
//   times           sets a file's time to the nanosecond, and looks
//   no-rights       opens a file with no rights, and reads it
//   grow            grows its memory and prints from the new pages
//   descriptors     opens 500 descriptors and leaves them so
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wasi.h"

extern char **environ;

static char text[64];

/** For hosts that pass no arguments: the KIND is put here into the module's bytes. */
static volatile char given[] = "@KIND of the probe@";

static void answer(const char *what, int failed) { printf("%s: %s\n", what, failed ? strerror(errno) : "done"); }

/** Prints what is in a file, or why not. */
static int show(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return printf("refused: %s\n", strerror(errno)), 0;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  printf("read: %.*s\n", got > 0 ? (int)got : 0, text);
  return 0;
}

static int link_up(void) {
  answer("symlink x", symlink(".", "/mnt/x"));
  answer("symlink up", symlink("x/..", "/mnt/up"));
  return show("/mnt/up/secret");
}

static int out(void) {
  struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
  answer("mkdir", mkdir("/mnt/out/made", 0755));
  answer("rename", rename("/mnt/own", "/mnt/out/renamed"));
  answer("link", link("/mnt/own2", "/mnt/out/linked"));
  answer("utimes", utimensat(AT_FDCWD, "/mnt/out/old", times, 0));
  answer("unlink", unlink("/mnt/out/victim"));
  return 0;
}

/** Until the host ends it. */
static int flip(void) {
  mkdir("/mnt/real", 0755);
  int fd = open("/mnt/real/secret", O_CREAT | O_WRONLY, 0644);
  if (fd >= 0) write(fd, "mine", 4), close(fd);
  for (;;) {
    rename("/mnt/real", "/mnt/d");
    rename("/mnt/d", "/mnt/real");
    rename("/mnt/out", "/mnt/d");
    rename("/mnt/d", "/mnt/out");
  }
}

static int look(void) {
  int escaped = 0, seen = 0;
  for (int turn = 0; turn < 1000000 && seen < 500; turn++) {
    int fd = open("/mnt/d/secret", O_RDONLY);
    if (fd < 0) continue;
    ssize_t got = read(fd, text, sizeof text);
    close(fd);
    seen++;
    if (got > 0 && text[0] == 's') escaped++;
  }
  printf("escaped %d of %d\n", escaped, seen);
  return 0;
}

static int memory(void) {
  int got = 0;
  for (volatile char *more; got < 1024 && (more = malloc(1 << 20)); got++) *more = 1;
  printf("got %d\n", got);
  return 0;
}

static int nul(void) {
  uint32_t fd;
  // 3 is the first directory, whatever it is called.
  printf("errno %d\n", path_open(3, 0, "a\0b", 3, 0, RIGHT_READ, 0, 0, &fd));
  return 0;
}

static int times(void) {
  struct timespec wanted[2] = {{.tv_sec = 1000000001, .tv_nsec = 123456789}, {.tv_sec = 1000000002, .tv_nsec = 987654321}};
  struct stat found;
  if (utimensat(AT_FDCWD, "/mnt/own", wanted, 0)) return perror("utimensat"), 1;
  if (stat("/mnt/own", &found)) return perror("stat"), 1;
  printf("%ld %ld\n", found.st_atim.tv_nsec, found.st_mtim.tv_nsec);
  return 0;
}

static int no_rights(void) {
  uint32_t fd, got = 0;
  wasi_errno error = path_open(3, 0, "own", 3, 0, 0, 0, 0, &fd);
  wasi_iovec part = {text, sizeof text};
  if (!error) error = fd_read(fd, &part, 1, &got);
  printf("errno %d, read %u\n", error, got);
  return 0;
}

static int grow(void) {
  for (int turn = 0; turn < 20; turn++) {
    char *more = (char *)(__builtin_wasm_memory_grow(0, 1) * 65536);
    memcpy(more, "grown\n", 6);
    uint32_t put;
    wasi_iovec part = {more, 6};
    // The answer goes to the new page as well.
    wasi_errno error = fd_write(1, &part, 1, (uint32_t *)(more + 8));
    memcpy(&put, more + 8, 4);
    if (error || put != 6) return 1;
  }
  return 0;
}

static int descriptors(void) {
  int got = 0;
  while (got < 500 && open("/mnt/own", O_RDONLY) >= 0) got++;
  printf("got %d\n", got);
  return 0;
}

/** Asked for by hand: a libc whose host refuses them does not even begin. */
static wasi_errno first_argument(const char **kind, uint32_t *count) {
  static char *list[8];
  uint32_t size;
  wasi_errno error = args_sizes_get(count, &size);
  if (error || *count > 8 || size > sizeof text) return error;
  error = args_get((void *)list, (void *)text);
  if (!error && *count > 1) *kind = list[1];
  return error;
}

int main(void) {
  const char *kind = (const char *)given;
  uint32_t count = 0;
  if (given[0] == '@') {
    kind = "args";
    wasi_errno error = first_argument(&kind, &count);
    if (error) return printf("errno %d\n", error), 1;
  }
  if (!strcmp(kind, "up")) return show("/mnt/../secret");
  if (!strcmp(kind, "link-up")) return link_up();
  if (!strcmp(kind, "out")) return out();
  if (!strcmp(kind, "flip")) return flip();
  if (!strcmp(kind, "look")) return look();
  if (!strcmp(kind, "read-only")) return answer("write", open("/mnt/made", O_CREAT | O_WRONLY, 0644) < 0), 0;
  if (!strcmp(kind, "memory")) return memory();
  if (!strcmp(kind, "loop"))
    for (volatile int turn = 0;; turn++) {
    }
  if (!strcmp(kind, "exit")) exit(7);
  if (!strcmp(kind, "env")) {
    for (char **entry = environ; entry && *entry; entry++) puts(*entry);
    return 0;
  }
  if (!strcmp(kind, "args")) return printf("%u arguments\n", count), 0;
  if (!strcmp(kind, "binary")) {
    for (int byte = 0; byte < 256; byte++) putchar(byte);
    return 0;
  }
  if (!strcmp(kind, "flood")) {
    static char block[65536];
    for (int turn = 0; turn < 4; turn++)
      for (size_t at = 0; at < sizeof block;) {
        ssize_t put = write(1, block + at, sizeof block - at);
        if (put <= 0) return 1;
        at += put;
      }
    _Exit(0);
  }
  if (!strcmp(kind, "nul")) return nul();
  if (!strcmp(kind, "read")) return printf("read %zd\n", read(0, text, sizeof text)), 0;
  if (!strcmp(kind, "times")) return times();
  if (!strcmp(kind, "no-rights")) return no_rights();
  if (!strcmp(kind, "grow")) return grow();
  if (!strcmp(kind, "descriptors")) return descriptors();
  return 64;
}
