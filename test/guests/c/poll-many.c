#include "check.h"

// Events of those that are ready: all, or some now and the others at the next call, but none twice.
int main(void) {
  static wasi_subscription in[64];
  static wasi_event out[65];
  static uint8_t seen[64];
  uint32_t events = 0;
  make_file("f", "x");
  uint32_t fd = OPEN("f", 0);
  for (int i = 0; i < 64; i++) {
    in[i].userdata = i;
    in[i].tag = i % 2 ? EVENT_READ : EVENT_WRITE;
    in[i].u.fd.fd = fd;
  }
  memset(&out[64], 0x5a, sizeof out[64]);
  OK(poll_oneoff(in, out, 64, &events));
  TRUE(events >= 1 && events <= 64);
  for (uint32_t i = 0; i < events && i < 64; i++) {
    EQUAL(out[i].error, SUCCESS);
    if (!TRUE(out[i].userdata < 64)) continue;
    EQUAL(out[i].type, out[i].userdata % 2 ? EVENT_READ : EVENT_WRITE);
    EQUAL(seen[out[i].userdata]++, 0);
  }
  EQUAL(out[64].type, 0x5a);
  OK(fd_close(fd));
  return finish();
}
