// stdin: "x"
#include <errno.h>
#include <poll.h>
#include <sys/select.h>
#include <unistd.h>

int main(void) {
  struct pollfd one = {.fd = 0, .events = POLLRDNORM};
  if (poll(&one, 1, 5000) != 1 || !(one.revents & POLLRDNORM)) return 1;
  struct pollfd out = {.fd = 1, .events = POLLWRNORM};
  if (poll(&out, 1, -1) != 1 || !(out.revents & POLLWRNORM)) return 2;
  if (poll(NULL, 0, 10) != 0) return 3;
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(0, &readable);
  struct timeval timeout = {.tv_sec = 5};
  if (select(1, &readable, NULL, NULL, &timeout) != 1 || !FD_ISSET(0, &readable)) return 4;
  char byte;
  if (read(0, &byte, 1) != 1 || byte != 'x') return 5;
  if (read(0, &byte, 1) != 0) return 6;
  return 0;
}
