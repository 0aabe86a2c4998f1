#include "check.h"

int main(void) {
  make_file("a", "first");
  make_file("b", "second");
  uint32_t a = OPEN("a", 0), b = OPEN("b", 0);
  char buffer[16];
  NEED(read_all(a, buffer, 2) != 2);

  // `b` now is what `a` was, position and all, and `a` is gone.
  OK(fd_renumber(a, b));
  EQUAL(read_all(b, buffer, sizeof buffer), 3);
  EQUAL(memcmp(buffer, "rst", 3), 0);
  wasi_fdstat stat;
  EQUAL(fd_fdstat_get(a, &stat), E_BADF);
  EQUAL(fd_close(a), E_BADF);

  // Onto itself nothing changes.
  OK(fd_renumber(b, b));
  OK(fd_fdstat_get(b, &stat));
  EQUAL(stat.type, TYPE_REGULAR);

  // Both must be open, and a failed call changes nothing.
  EQUAL(fd_renumber(b, a), E_BADF);
  OK(fd_fdstat_get(b, &stat));
  EQUAL(fd_renumber(a, b), E_BADF);
  OK(fd_fdstat_get(b, &stat));

  // A directory may take the place of a file.
  make_directory("d");
  make_file("d/inside", "text");
  uint32_t d = OPEN("d", O_DIR);
  OK(fd_renumber(d, b));
  EQUAL(try_open(b, 0, "inside", 0, RIGHT_READ), SUCCESS);
  OK(fd_close(b));

  // The number that became free is used again without harm.
  uint32_t again = OPEN("b", 0);
  EQUAL(read_all(again, buffer, sizeof buffer), 6);
  OK(fd_close(again));
  return finish();
}
