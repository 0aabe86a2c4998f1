#include "check.h"

int main(void) {
  uint32_t fd = OPEN("f", O_CREATE);
  write_text(fd, "data");
  OK(fd_datasync(fd));
  OK(fd_sync(fd));
  write_text(fd, " more");
  OK(fd_sync(fd));
  OK(fd_close(fd));
  TRUE(holds("f", "data more"));
  return finish();
}
