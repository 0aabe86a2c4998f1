#include "check.h"

// Advice changes nothing that a program can see.
int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  for (uint32_t advice = 0; advice < 6; advice++) {
    OK(fd_advise(fd, 0, 10, advice));
    OK(fd_advise(fd, 5, 0, advice));
    OK(fd_advise(fd, 100, 1000, advice));
  }
  uint64_t position = 9;
  OK(fd_tell(fd, &position));
  EQUAL(position, 0);
  TRUE(holds("f", "0123456789"));
  OK(fd_close(fd));
  return finish();
}
