#include "check.h"

int main(void) {
  char buffer[8];
  wasi_iovec part = {buffer, sizeof buffer};
  uint32_t count;
  uint16_t flags;
  make_file("f", "x");
  uint32_t fds[] = {OPEN("f", 0), ROOT, 0, 1, 2};
  for (int i = 0; i < 5; i++) {
    EQUAL(sock_recv(fds[i], &part, 1, 0, &count, &flags), E_NOTSOCK);
    EQUAL(sock_send(fds[i], &part, 1, 0, &count), E_NOTSOCK);
    EQUAL(sock_shutdown(fds[i], 1), E_NOTSOCK);
    EQUAL(sock_shutdown(fds[i], 3), E_NOTSOCK);
    EQUAL(sock_accept(fds[i], 0, &count), E_NOTSOCK);
  }
  return finish();
}
