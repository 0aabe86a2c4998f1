#include "check.h"

// A chain of 40 links is followed, as on Linux; one of 41 is taken for a loop.
int main(void) {
  char name[] = "l00", target[] = "l00";
  make_file("l00", "the end");
  for (int i = 1; i <= 41; i++) {
    name[1] = '0' + i / 10;
    name[2] = '0' + i % 10;
    target[1] = '0' + (i - 1) / 10;
    target[2] = '0' + (i - 1) % 10;
    make_link(target, name);
  }
  OK(try_open(ROOT, FOLLOW, "l01", 0, RIGHT_READ));
  OK(try_open(ROOT, FOLLOW, "l20", 0, RIGHT_READ));
  OK(try_open(ROOT, FOLLOW, "l40", 0, RIGHT_READ));
  EQUAL(try_open(ROOT, FOLLOW, "l41", 0, RIGHT_READ), E_LOOP);
  wasi_filestat stat;
  OK(path_filestat_get(ROOT, FOLLOW, PATH("l40"), &stat));
  EQUAL(stat.size, 7);
  EQUAL(path_filestat_get(ROOT, FOLLOW, PATH("l41"), &stat), E_LOOP);
  return finish();
}
