#include "check.h"

int main(void) {
  wasi_filestat a, b;
  uint32_t fd = OPEN("f", O_CREATE);
  memset(&a, 0xff, sizeof a);
  OK(fd_filestat_get(fd, &a));
  EQUAL(a.type, TYPE_REGULAR);
  EQUAL(a.nlink, 1);
  EQUAL(a.size, 0);
  TRUE(a.ino != 0);

  write_text(fd, "hello");
  OK(fd_filestat_get(fd, &a));
  EQUAL(a.size, 5);
  OK(path_filestat_get(ROOT, 0, PATH("f"), &b));
  EQUAL(b.dev, a.dev);
  EQUAL(b.ino, a.ino);
  EQUAL(b.size, 5);
  EQUAL(b.mtime, a.mtime);
  EQUAL(b.ctime, a.ctime);
  OK(fd_close(fd));

  // Another file is another inode; the first keeps its own when renamed.
  make_file("g", "");
  OK(path_filestat_get(ROOT, 0, PATH("g"), &b));
  TRUE(b.ino != a.ino);
  OK(path_rename(ROOT, PATH("f"), ROOT, PATH("h")));
  OK(path_filestat_get(ROOT, 0, PATH("h"), &b));
  EQUAL(b.ino, a.ino);
  EQUAL(b.dev, a.dev);

  make_directory("d");
  OK(path_filestat_get(ROOT, 0, PATH("d"), &a));
  EQUAL(a.type, TYPE_DIRECTORY);
  TRUE(a.nlink >= 1);
  uint32_t dir = OPEN("d", O_DIR);
  OK(fd_filestat_get(dir, &b));
  EQUAL(b.ino, a.ino);
  EQUAL(b.type, TYPE_DIRECTORY);
  OK(path_filestat_get(dir, 0, PATH("."), &b));
  EQUAL(b.ino, a.ino);
  OK(fd_close(dir));

  OK(path_filestat_get(ROOT, FOLLOW, PATH("."), &a));
  OK(fd_filestat_get(ROOT, &b));
  EQUAL(a.ino, b.ino);
  EQUAL(a.type, TYPE_DIRECTORY);
  return finish();
}
