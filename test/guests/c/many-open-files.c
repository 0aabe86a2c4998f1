#include "check.h"

// 200 descriptors at once, each with its own position.
int main(void) {
  static uint32_t fds[200];
  make_file("f", "abcdefghij");
  for (int i = 0; i < 200; i++) {
    fds[i] = OPEN("f", 0);
    uint64_t position;
    NEED(fd_seek(fds[i], i % 10, FROM_START, &position));
  }
  for (int i = 0; i < 200; i++) {
    for (int k = 0; k < i; k += 37) TRUE(fds[k] != fds[i]);
    char byte = 0;
    uint32_t got;
    OK(read_once(fds[i], &byte, 1, &got));
    EQUAL(byte, 'a' + i % 10);
  }
  for (int i = 0; i < 200; i++) OK(fd_close(fds[i]));
  return finish();
}
