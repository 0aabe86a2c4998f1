// deep-directories DEPTH: makes directories within each other, far deeper than any path is long, one
// descriptor at a time, and leaves them. No single path may lead that deep.
#include <stdlib.h>

#include "check.h"

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  int depth = atoi(argv[1]);
  uint32_t at = ROOT;
  for (int level = 0; level < depth; level++) {
    uint32_t next;
    NEED(path_create_directory(at, PATH("directory")));
    NEED(path_open(at, 0, PATH("directory"), O_DIR, RIGHT_READ, RIGHTS_ALL, 0, &next));
    if (at != ROOT) NEED(fd_close(at));
    at = next;
  }
  uint32_t fd;
  NEED(path_open(at, 0, PATH("file"), O_CREATE, RIGHT_WRITE, 0, 0, &fd));
  write_text(fd, "deep");
  NEED(fd_close(fd));

  static char path[4096];
  uint32_t length = 0;
  for (int level = 0; level < 600; level++) length += 2, memcpy(path + length - 2, "d/", 2);
  // A name of one letter, so that it is the depth that is too much and not the length.
  uint32_t above = ROOT;
  for (int level = 0; level < 600; level++) {
    uint32_t next;
    NEED(path_create_directory(above, PATH("d")));
    NEED(path_open(above, 0, PATH("d"), O_DIR, RIGHT_READ, RIGHTS_ALL, 0, &next));
    if (above != ROOT) NEED(fd_close(above));
    above = next;
  }
  wasi_filestat stat;
  EQUAL(path_filestat_get(ROOT, 0, path, 1200, &stat), E_NAMETOOLONG);
  OK(path_filestat_get(ROOT, 0, path, 1000, &stat));
  OK(path_filestat_get(above, 0, PATH("."), &stat));
  // A directory may not end up within itself, however deep.
  EQUAL(path_rename(ROOT, PATH("d"), above, PATH("cycle")), E_INVAL);
  EQUAL(path_remove_directory(ROOT, PATH("d")), E_NOTEMPTY);
  return finish();
}
