// stdin: "some input"
#include "check.h"

int main(void) {
  wasi_subscription in[2];
  wasi_event out[2];
  uint32_t events = 0;
  memset(in, 0, sizeof in);
  in[0].userdata = 11;
  in[0].tag = EVENT_READ;
  in[0].u.fd.fd = 0;
  in[1].userdata = 12;
  in[1].tag = EVENT_CLOCK;
  in[1].u.clock.id = CLOCK_MONO;
  in[1].u.clock.timeout = 600000000000;
  OK(poll_oneoff(in, out, 2, &events));
  EQUAL(events, 1);
  EQUAL(out[0].userdata, 11);
  EQUAL(out[0].error, SUCCESS);
  EQUAL(out[0].type, EVENT_READ);
  char buffer[64];
  EQUAL(read_all(0, buffer, sizeof buffer), 10);
  EQUAL(memcmp(buffer, "some input", 10), 0);
  // At the end of the stream a read does not wait either.
  events = 0;
  OK(poll_oneoff(in, out, 2, &events));
  EQUAL(events, 1);
  EQUAL(out[0].userdata, 11);
  return finish();
}
