// Holds a directory and a file of its mount open while the host changes what is there. Does the same calls
// before and after each line of its input, and prints the errno of each, or what it read.
#include <stdio.h>
#include <string.h>

#include "wasi.h"

#define ROOT 3
#define RW (RIGHT_READ | RIGHT_WRITE | RIGHT_READDIR)

static wasi_errno try_open(uint32_t at, const char *path, uint32_t oflags, uint64_t rights, uint32_t *fd) {
  return path_open(at, FOLLOW, path, strlen(path), oflags, rights, 0, 0, fd);
}

static void say_content(const char *what, wasi_errno error, uint32_t fd) {
  char text[64];
  uint32_t got = 0;
  wasi_iovec part = {text, sizeof text};
  if (!error) error = fd_pread(fd, &part, 1, 0, &got);
  if (error) printf("%s=%d ", what, error);
  else printf("%s=%.*s ", what, (int)got, text);
}

static void look(uint32_t held_file, uint32_t held_directory) {
  uint32_t fd, used;
  static char names[4096];
  wasi_filestat stat;
  say_content("held", 0, held_file);
  wasi_errno error = try_open(ROOT, "file", 0, RIGHT_READ, &fd);
  say_content("file", error, fd);
  if (!error) (void)!fd_close(fd);
  error = try_open(held_directory, "inner", 0, RIGHT_READ, &fd);
  say_content("inner", error, fd);
  if (!error) (void)!fd_close(fd);
  error = try_open(ROOT, "made", O_CREATE, RW, &fd);
  printf("made=%d ", error);
  if (!error) (void)!fd_close(fd), (void)!path_unlink_file(ROOT, "made", 4);
  printf("stat=%d ", path_filestat_get(ROOT, FOLLOW, "file", 4, &stat));
  error = fd_readdir(ROOT, names, sizeof names, 0, &used);
  printf("list=%d\n", error);
  fflush(stdout);
}

int main(void) {
  uint32_t file, directory;
  if (try_open(ROOT, "file", 0, RIGHT_READ, &file)) return 1;
  if (try_open(ROOT, "directory", O_DIR, RIGHT_READDIR, &directory)) return 2;
  look(file, directory);
  while (getchar() == '\n') look(file, directory);
  return 0;
}
