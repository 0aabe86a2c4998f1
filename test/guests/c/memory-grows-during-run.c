#include "check.h"

// Buffers that lie in memory which came by memory.grow after the start are as good as others.
int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0), got;
  for (int i = 0; i < 20; i++) {
    long old = __builtin_wasm_memory_grow(0, 3);
    if (!TRUE(old > 0)) return 1;
    char *fresh = (char *)(old * 65536 + 3 * 65536 - 10);
    OK(pread_once(fd, fresh, 10, 0, &got));
    EQUAL(got, 10);
    EQUAL(memcmp(fresh, "0123456789", 10), 0);
    EQUAL(*(fresh - 1), 0);
    OK(pwrite_once(fd, fresh, 10, 0, &got));
    EQUAL(got, 10);
  }
  TRUE(holds("f", "0123456789"));
  OK(fd_close(fd));
  return finish();
}
