#include "check.h"

int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  uint32_t put;
  uint64_t position;
  OK(fd_seek(fd, 3, FROM_START, &position));
  OK(pwrite_once(fd, "AB", 2, 5, &put));
  EQUAL(put, 2);
  TRUE(holds("f", "01234AB789"));
  OK(pwrite_once(fd, "CDE", 3, 9, &put));
  TRUE(holds("f", "01234AB78CDE"));
  OK(pwrite_once(fd, "x", 0, 50, &put));
  EQUAL(put, 0);
  OK(fd_pwrite(fd, NULL, 0, 50, &put));
  TRUE(holds("f", "01234AB78CDE"));
  OK(fd_tell(fd, &position));
  EQUAL(position, 3);
  write_text(fd, "!");
  TRUE(holds("f", "012!4AB78CDE"));
  EITHER(pwrite_once(fd, "x", 1, UINT64_MAX, &put), E_INVAL, E_FBIG, E_OVERFLOW);
  TRUE(holds("f", "012!4AB78CDE"));
  OK(fd_close(fd));
  return finish();
}
