// long-paths: names and paths at and beyond their bounds, in every function that takes one.
#include "check.h"

static char path[8192];

static void refused(uint32_t length) {
  wasi_filestat stat;
  char text[8];
  uint32_t used;
  EQUAL(try_open(ROOT, 0, "f", 0, RIGHT_READ), SUCCESS);
  uint32_t fd = 0;
  EQUAL(path_open(ROOT, FOLLOW, path, length, O_CREATE, RIGHT_WRITE, 0, 0, &fd), E_NAMETOOLONG);
  EQUAL(path_filestat_get(ROOT, FOLLOW, path, length, &stat), E_NAMETOOLONG);
  EQUAL(path_filestat_set_times(ROOT, 0, path, length, 0, 0, NOW_MTIME), E_NAMETOOLONG);
  EQUAL(path_create_directory(ROOT, path, length), E_NAMETOOLONG);
  EQUAL(path_remove_directory(ROOT, path, length), E_NAMETOOLONG);
  EQUAL(path_unlink_file(ROOT, path, length), E_NAMETOOLONG);
  EQUAL(path_readlink(ROOT, path, length, text, sizeof text, &used), E_NAMETOOLONG);
  EQUAL(path_symlink(PATH("f"), ROOT, path, length), E_NAMETOOLONG);
  EQUAL(path_rename(ROOT, PATH("f"), ROOT, path, length), E_NAMETOOLONG);
  EQUAL(path_rename(ROOT, path, length, ROOT, PATH("g")), E_NAMETOOLONG);
  EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, path, length), E_NAMETOOLONG);
  EQUAL(path_link(ROOT, 0, path, length, ROOT, PATH("g")), E_NAMETOOLONG);
}

int main(void) {
  make_file("f", "text");
  memset(path, 'n', sizeof path);
  refused(256);
  // Of two bytes each: it is bytes that count.
  for (int at = 0; at < 256; at += 2) memcpy(path + at, "\xc3\xa9", 2);
  refused(256);
  memset(path, 'n', sizeof path);
  OK(path_create_directory(ROOT, path, 255));
  OK(path_remove_directory(ROOT, path, 255));
  for (int at = 0; at < 8192; at += 2) memcpy(path + at, "./", 2);
  refused(4096);
  refused(8192);
  memcpy(path + 4094, "f", 1);
  wasi_filestat stat;
  OK(path_filestat_get(ROOT, 0, path, 4095, &stat));
  EQUAL(stat.size, 4);
  // Lengths that no memory holds.
  EQUAL(path_filestat_get(ROOT, 0, path, UINT32_MAX, &stat), E_FAULT);
  EQUAL(path_unlink_file(ROOT, (char *)(uintptr_t)UINT32_MAX, 2), E_FAULT);
  // A link whose text is as long as can be, and one that is longer.
  memset(path, 'l', sizeof path);
  EITHER(path_symlink(path, 4096, ROOT, PATH("link")), E_NAMETOOLONG);
  return finish();
}
