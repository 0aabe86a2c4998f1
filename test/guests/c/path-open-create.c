#include "check.h"

int main(void) {
  const uint64_t rw = RIGHT_READ | RIGHT_WRITE;
  EQUAL(try_open(ROOT, 0, "f", 0, RIGHT_READ), E_NOENT);
  OK(try_open(ROOT, 0, "f", O_CREATE, rw));
  EQUAL(type_of("f"), TYPE_REGULAR);
  OK(try_open(ROOT, 0, "f", O_CREATE, rw));
  EQUAL(try_open(ROOT, 0, "f", O_CREATE | O_EXCLUSIVE, rw), E_EXIST);
  OK(try_open(ROOT, 0, "g", O_CREATE | O_EXCLUSIVE, rw));

  // O_EXCLUSIVE looks at the name itself: a directory, a link and a dangling link are there too.
  make_directory("d");
  make_link("f", "link");
  make_link("nowhere", "dangling");
  EQUAL(try_open(ROOT, 0, "d", O_CREATE | O_EXCLUSIVE, rw), E_EXIST);
  EQUAL(try_open(ROOT, FOLLOW, "link", O_CREATE | O_EXCLUSIVE, rw), E_EXIST);
  EQUAL(try_open(ROOT, FOLLOW, "dangling", O_CREATE | O_EXCLUSIVE, rw), E_EXIST);
  EQUAL(type_of("nowhere"), MISSING);

  // Without it a dangling link is filled in.
  OK(try_open(ROOT, FOLLOW, "dangling", O_CREATE, rw));
  EQUAL(type_of("nowhere"), TYPE_REGULAR);
  EQUAL(type_of("dangling"), TYPE_LINK);

  // The directory must be there, and be one.
  EQUAL(try_open(ROOT, 0, "none/f", O_CREATE, rw), E_NOENT);
  EQUAL(try_open(ROOT, 0, "f/g", O_CREATE, rw), E_NOTDIR);
  EQUAL(try_open(ROOT, 0, "f/g/h", O_CREATE, rw), E_NOTDIR);
  // A name that asks for a directory makes no file.
  EITHER(try_open(ROOT, 0, "new/", O_CREATE, rw), E_ISDIR, E_NOENT, E_NOTDIR, E_INVAL);
  EQUAL(type_of("new"), MISSING);
  EITHER(try_open(ROOT, 0, "f/", O_CREATE, rw), E_ISDIR, E_NOTDIR);
  return finish();
}
