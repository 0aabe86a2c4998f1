// Tries every function that takes a path on every way out of descriptor 3 that it is told.
//
//   ways-out PATH...    PATH is a directory outside, however it is spelled
//
// Prints "<function> <path> <errno>" for each call; none of them may be 0. What lies in the directory outside
// is `file`, `link`, and the empty directory `empty`.
#include <stdio.h>
#include <string.h>

#include "wasi.h"

#define ROOT 3
#define RW (RIGHT_READ | RIGHT_WRITE | RIGHT_READDIR)

static char path[8192];
static uint32_t length;

static void at(const char *directory, const char *name) {
  length = (uint32_t)snprintf(path, sizeof path, "%s%s%s", directory, *name ? "/" : "", name);
}

static void say(const char *function, wasi_errno error) {
  printf("%s %.40s%s%s %d\n", function, path, length > 40 ? "..." : "", length > 40 ? path + length - 8 : "", error);
}

static wasi_errno open_it(uint32_t lookup, uint32_t oflags, uint64_t rights) {
  uint32_t fd;
  wasi_errno error = path_open(ROOT, lookup, path, length, oflags, rights, 0, 0, &fd);
  if (!error) (void)!fd_close(fd);
  return error;
}

static void try_all(const char *out) {
  char text[64];
  uint32_t used;
  wasi_filestat stat;

  at(out, "");
  say("open", open_it(FOLLOW, 0, RIGHT_READ));
  say("open-directory", open_it(FOLLOW, O_DIR, RIGHT_READDIR));
  say("stat", path_filestat_get(ROOT, FOLLOW, path, length, &stat));
  say("set-times", path_filestat_set_times(ROOT, FOLLOW, path, length, 1, 2, SET_ATIME | SET_MTIME));

  at(out, "file");
  say("open", open_it(FOLLOW, 0, RIGHT_READ));
  say("open-no-follow", open_it(0, 0, RIGHT_READ));
  say("open-write", open_it(FOLLOW, 0, RW));
  say("truncate", open_it(FOLLOW, O_TRUNCATE, RW));
  say("create", open_it(FOLLOW, O_CREATE, RW));
  say("stat", path_filestat_get(ROOT, FOLLOW, path, length, &stat));
  say("stat-no-follow", path_filestat_get(ROOT, 0, path, length, &stat));
  say("set-times", path_filestat_set_times(ROOT, 0, path, length, 1, 2, SET_ATIME | SET_MTIME));
  say("unlink", path_unlink_file(ROOT, path, length));
  say("rename-from", path_rename(ROOT, path, length, ROOT, "stolen", 6));
  say("rename-to", path_rename(ROOT, "mine", 4, ROOT, path, length));
  say("link-from", path_link(ROOT, 0, path, length, ROOT, "stolen", 6));

  at(out, "link");
  say("readlink", path_readlink(ROOT, path, length, text, sizeof text, &used));
  at(out, "empty");
  say("rmdir", path_remove_directory(ROOT, path, length));
  at(out, "made");
  say("create", open_it(0, O_CREATE | O_EXCLUSIVE, RW));
  say("mkdir", path_create_directory(ROOT, path, length));
  say("symlink", path_symlink("x", 1, ROOT, path, length));
  say("link-to", path_link(ROOT, 0, "mine", 4, ROOT, path, length));
  say("rename-directory-to", path_rename(ROOT, "a", 1, ROOT, path, length));
}

int main(int count, char **args) {
  for (int i = 1; i < count; i++) try_all(args[i]);
  return 0;
}
