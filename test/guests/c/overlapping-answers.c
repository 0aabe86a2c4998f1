#include "check.h"

// An answer may lie over what was given: the call reads first and writes last.
int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  // The count over the list of parts.
  union { wasi_iovec part; uint32_t count; } both;
  char buffer[8];
  both.part = (wasi_iovec){buffer, 5};
  OK(fd_pread(fd, &both.part, 1, 1, &both.count));
  EQUAL(both.count, 5);
  EQUAL(memcmp(buffer, "12345", 5), 0);
  // The descriptor over the path.
  union { char path[4]; uint32_t fd; } name = {"f"};
  OK(path_open(ROOT, 0, name.path, 1, 0, RIGHT_READ, 0, 0, &name.fd));
  TRUE(name.fd > ROOT);
  OK(fd_close(name.fd));
  // The event over the subscription.
  union { wasi_subscription in; wasi_event out; } poll;
  uint32_t events = 0;
  memset(&poll, 0, sizeof poll);
  poll.in.userdata = 9;
  poll.in.tag = EVENT_READ;
  poll.in.u.fd.fd = fd;
  OK(poll_oneoff(&poll.in, &poll.out, 1, &events));
  EQUAL(events, 1);
  EQUAL(poll.out.userdata, 9);
  EQUAL(poll.out.type, EVENT_READ);
  EQUAL(poll.out.error, SUCCESS);
  OK(fd_close(fd));
  return finish();
}
