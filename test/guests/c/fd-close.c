#include "check.h"

int main(void) {
  uint32_t a = OPEN("a", O_CREATE);
  uint32_t b = OPEN("a", 0);
  TRUE(a != b);
  TRUE(a > ROOT && b > ROOT);
  OK(fd_close(a));
  EQUAL(fd_close(a), E_BADF);
  // The other descriptor of the same file lives on.
  write_text(b, "still open");
  OK(fd_close(b));
  TRUE(holds("a", "still open"));

  // Numbers of closed descriptors come back: opening and closing for ever needs no new ones.
  uint32_t highest = 0;
  for (int i = 0; i < 3000; i++) {
    uint32_t fd = OPEN("a", 0);
    if (fd > highest) highest = fd;
    NEED(fd_close(fd));
  }
  TRUE(highest < 3000);
  return finish();
}
