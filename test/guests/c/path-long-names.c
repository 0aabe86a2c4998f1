#include "check.h"

static char name[300], path[20000];

int main(void) {
  wasi_filestat stat;
  memset(name, 'n', 255);
  OK(try_open(ROOT, 0, name, O_CREATE, RIGHT_WRITE));
  OK(path_filestat_get(ROOT, 0, PATH(name), &stat));
  OK(path_unlink_file(ROOT, PATH(name)));
  // 256 bytes are too many, and it is bytes that count.
  memset(name, 'n', 256);
  EQUAL(try_open(ROOT, 0, name, O_CREATE, RIGHT_WRITE), E_NAMETOOLONG);
  EQUAL(path_create_directory(ROOT, PATH(name)), E_NAMETOOLONG);
  EQUAL(path_filestat_get(ROOT, 0, PATH(name), &stat), E_NAMETOOLONG);
  memset(name, 0, sizeof name);
  for (int i = 0; i < 128; i++) memcpy(name + 2 * i, "\xc3\xa9", 2);
  EQUAL(path_create_directory(ROOT, PATH(name)), E_NAMETOOLONG);

  // A path that is long because it repeats itself still leads somewhere, up to a limit of the host.
  make_file("f", "x");
  make_directory("d");
  for (int i = 0; i < 300; i++) memcpy(path + 5 * i, "d/../", 5);
  strcpy(path + 1500, "f");
  OK(path_filestat_get(ROOT, 0, PATH(path), &stat));
  EQUAL(stat.size, 1);
  memset(path, 'x', 19999);
  for (int i = 100; i < 19999; i += 100) path[i] = '/';
  EITHER(path_filestat_get(ROOT, 0, PATH(path), &stat), E_NAMETOOLONG, E_NOENT);
  return finish();
}
