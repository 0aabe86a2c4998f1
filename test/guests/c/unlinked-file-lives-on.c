#include "check.h"

// A file without a name lives as long as a descriptor does.
int main(void) {
  make_file("f", "content");
  uint32_t fd = OPEN("f", 0);
  OK(path_unlink_file(ROOT, PATH("f")));
  EQUAL(type_of("f"), MISSING);
  char buffer[16];
  EQUAL(read_all(fd, buffer, sizeof buffer), 7);
  write_text(fd, " grows");
  wasi_filestat stat;
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 13);
  EQUAL(stat.nlink, 0);

  // A new file of the same name is another one.
  make_file("f", "new");
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 13);
  uint32_t got;
  OK(pread_once(fd, buffer, sizeof buffer, 0, &got));
  EQUAL(got, 13);
  EQUAL(memcmp(buffer, "content grows", 13), 0);
  OK(fd_close(fd));
  TRUE(holds("f", "new"));

  // The same for one that is renamed over.
  uint32_t old = OPEN("f", 0);
  make_file("g", "replacement");
  OK(path_rename(ROOT, PATH("g"), ROOT, PATH("f")));
  EQUAL(read_all(old, buffer, sizeof buffer), 3);
  EQUAL(memcmp(buffer, "new", 3), 0);
  OK(fd_close(old));
  TRUE(holds("f", "replacement"));
  return finish();
}
