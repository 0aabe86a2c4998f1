#include "check.h"

static void reset(void) {
  NEED(path_filestat_set_times(ROOT, 0, PATH("d"), 1000, 1000, SET_ATIME | SET_MTIME));
}
static uint64_t modified(void) {
  wasi_filestat stat;
  NEED(path_filestat_get(ROOT, 0, PATH("d"), &stat));
  return stat.mtime;
}

// A directory's time of modification moves with its names, and with nothing else.
int main(void) {
  make_directory("d");
  reset();
  EQUAL(modified(), 1000);
  make_file("d/f", "x");
  TRUE(modified() > 1000);
  reset();
  make_file("d/f", "other content");
  EQUAL(modified(), 1000);
  OK(path_link(ROOT, 0, PATH("d/f"), ROOT, PATH("d/g")));
  TRUE(modified() > 1000);
  reset();
  OK(path_rename(ROOT, PATH("d/g"), ROOT, PATH("d/h")));
  TRUE(modified() > 1000);
  reset();
  OK(path_unlink_file(ROOT, PATH("d/h")));
  TRUE(modified() > 1000);
  reset();
  make_link("f", "d/link");
  TRUE(modified() > 1000);
  reset();
  make_directory("d/sub");
  TRUE(modified() > 1000);
  reset();
  make_file("d/sub/deeper", "");
  EQUAL(modified(), 1000);
  OK(path_unlink_file(ROOT, PATH("d/sub/deeper")));
  OK(path_remove_directory(ROOT, PATH("d/sub")));
  TRUE(modified() > 1000);
  // What fails changes nothing.
  reset();
  EQUAL(path_create_directory(ROOT, PATH("d/f")), E_EXIST);
  EQUAL(path_unlink_file(ROOT, PATH("d/none")), E_NOENT);
  EQUAL(modified(), 1000);
  return finish();
}
