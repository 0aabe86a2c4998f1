// fill-files ERRNO ROUNDS: makes names until ERRNO: files, directories, symbolic and hard links in turn, then
// only hard links. None may be free, and all must come back.
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static char name[32];
static uint32_t named(int number) { return (uint32_t)snprintf(name, sizeof name, "n%d", number); }

static wasi_errno make(int number, int kind) {
  uint32_t length = named(number);
  uint32_t fd;
  wasi_errno error;
  switch (kind) {
    case 0:
      error = path_open(ROOT, 0, name, length, O_CREATE, RIGHT_WRITE, 0, 0, &fd);
      if (!error) OK(fd_close(fd));
      return error;
    case 1: return path_create_directory(ROOT, name, length);
    case 2: return path_symlink(PATH("n0"), ROOT, name, length);
    default: return path_link(ROOT, 0, PATH("first"), ROOT, name, length);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  wasi_errno full = (wasi_errno)atoi(argv[1]);
  int rounds = atoi(argv[2]), most = 0;
  for (int round = 0; round < rounds; round++) {
    make_file("first", "");
    int count = 0;
    wasi_errno error = 0;
    while (!(error = make(count, round % 2 ? 3 : count % 4))) count++;
    EQUAL(error, full);
    if (round == 0) most = count;
    EQUAL(count, most);
    for (int kind = 0; kind < 4; kind++) EQUAL(make(count, kind), full);
    // A name that moves needs no more room.
    OK(path_rename(ROOT, PATH("first"), ROOT, PATH("last")));
    OK(path_unlink_file(ROOT, PATH("last")));
    while (count-- > 0) {
      uint32_t length = named(count);
      if (path_unlink_file(ROOT, name, length)) OK(path_remove_directory(ROOT, name, length));
    }
  }
  printf("%d\n", most);
  return finish();
}
