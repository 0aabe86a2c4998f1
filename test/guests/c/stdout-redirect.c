// expect-stdout: "to the stream\n"
#include "check.h"

int main(void) {
  write_text(1, "to the stream\n");
  uint32_t fd = OPEN("log", O_CREATE);
  NEED(fd_renumber(fd, 1));
  write_text(1, "to the file\n");
  TRUE(holds("log", "to the file\n"));
  wasi_fdstat stat;
  OK(fd_fdstat_get(1, &stat));
  EQUAL(stat.type, TYPE_REGULAR);
  EQUAL(fd_fdstat_get(fd, &stat), E_BADF);
  return finish();
}
