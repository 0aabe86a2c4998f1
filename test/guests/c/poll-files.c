#include "check.h"

// A regular file is always ready, both ways.
int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  wasi_subscription in[3];
  wasi_event out[3];
  uint32_t events = 0;
  memset(in, 0, sizeof in);
  in[0].userdata = 1;
  in[0].tag = EVENT_READ;
  in[0].u.fd.fd = fd;
  in[1].userdata = 2;
  in[1].tag = EVENT_WRITE;
  in[1].u.fd.fd = fd;
  in[2].userdata = 3;
  in[2].tag = EVENT_CLOCK;
  in[2].u.clock.id = CLOCK_MONO;
  in[2].u.clock.timeout = 600000000000;
  uint64_t start = now(CLOCK_MONO);
  OK(poll_oneoff(in, out, 3, &events));
  TRUE(now(CLOCK_MONO) - start < 60000000000);
  // Both now, or one of them and the other at the next call.
  if (!TRUE(events == 1 || events == 2)) return 1;
  for (uint32_t i = 0; i < events; i++) {
    EQUAL(out[i].error, SUCCESS);
    EITHER(out[i].userdata, 1, 2);
    EQUAL(out[i].type, out[i].userdata == 1 ? EVENT_READ : EVENT_WRITE);
    if (out[i].type == EVENT_READ) TRUE(out[i].bytes >= 1);
  }
  if (events == 2) TRUE(out[0].userdata != out[1].userdata);
  OK(fd_close(fd));
  return finish();
}
