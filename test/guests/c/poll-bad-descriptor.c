#include "check.h"

// A descriptor that is not open is told in its event; the call itself succeeds, or refuses as a whole.
int main(void) {
  wasi_subscription in[2];
  wasi_event out[2];
  uint32_t events = 0;
  memset(in, 0, sizeof in);
  in[0].userdata = 7;
  in[0].tag = EVENT_READ;
  in[0].u.fd.fd = 88;
  in[1].userdata = 8;
  in[1].tag = EVENT_CLOCK;
  in[1].u.clock.id = CLOCK_MONO;
  in[1].u.clock.timeout = 600000000000;
  uint64_t start = now(CLOCK_MONO);
  wasi_errno error = poll_oneoff(in, out, 2, &events);
  TRUE(now(CLOCK_MONO) - start < 60000000000);
  EITHER(error, SUCCESS, E_BADF);
  if (error == SUCCESS) {
    EQUAL(events, 1);
    EQUAL(out[0].userdata, 7);
    EQUAL(out[0].error, E_BADF);
    EQUAL(out[0].type, EVENT_READ);
  }
  return finish();
}
