// stdin: "input"
// expect-stdout: "before"
#include "check.h"

int main(void) {
  char byte;
  uint32_t count;
  write_text(1, "before");
  for (uint32_t fd = 0; fd < 3; fd++) NEED(fd_close(fd));
  wasi_fdstat stat;
  for (uint32_t fd = 0; fd < 3; fd++) {
    EQUAL(fd_fdstat_get(fd, &stat), E_BADF);
    EQUAL(fd_close(fd), E_BADF);
  }
  EQUAL(read_once(0, &byte, 1, &count), E_BADF);
  EQUAL(write_once(1, "x", 1, &count), E_BADF);
  EQUAL(write_once(2, "x", 1, &count), E_BADF);
  // The files are still there.
  make_file("after", "text");
  TRUE(holds("after", "text"));
  return finish();
}
