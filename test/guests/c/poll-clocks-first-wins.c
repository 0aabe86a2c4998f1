#include "check.h"

// Of several clocks those that are due are told, and only those.
int main(void) {
  const uint64_t ms = 1000000;
  wasi_subscription in[3];
  wasi_event out[3];
  uint32_t events = 0;
  memset(in, 0, sizeof in);
  uint64_t times[] = {600000 * ms, 5 * ms, 900000 * ms};
  for (int i = 0; i < 3; i++) {
    in[i].userdata = 100 + i;
    in[i].u.clock.id = CLOCK_MONO;
    in[i].u.clock.timeout = times[i];
  }
  uint64_t start = now(CLOCK_MONO);
  OK(poll_oneoff(in, out, 3, &events));
  uint64_t passed = now(CLOCK_MONO) - start;
  TRUE(passed >= 5 * ms);
  TRUE(passed < 60000 * ms);
  EQUAL(events, 1);
  EQUAL(out[0].userdata, 101);
  EQUAL(out[0].type, EVENT_CLOCK);
  return finish();
}
