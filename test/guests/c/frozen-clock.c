#include "check.h"

// Without a clock granted time is virtual: readings are a microsecond apart, a sleep costs nothing but moves
// both clocks, and nothing of the real time shows.
int main(void) {
  uint64_t wall = now(CLOCK_REAL), mono = now(CLOCK_MONO);
  uint64_t next = now(CLOCK_MONO);
  EQUAL(next - mono, 1000);
  for (volatile int i = 0; i < 3000000; i++) {
  }
  EQUAL(now(CLOCK_MONO) - next, 1000);

  wasi_subscription in;
  wasi_event out;
  uint32_t events;
  memset(&in, 0, sizeof in);
  in.u.clock.id = CLOCK_MONO;
  in.u.clock.timeout = 3600ull * 1000000000; // an hour
  uint64_t before = now(CLOCK_MONO);
  OK(poll_oneoff(&in, &out, 1, &events));
  EQUAL(events, 1);
  uint64_t slept = now(CLOCK_MONO) - before;
  TRUE(slept >= in.u.clock.timeout);
  TRUE(slept < in.u.clock.timeout + 100000);
  uint64_t later = now(CLOCK_REAL);
  TRUE(later - wall >= in.u.clock.timeout);
  TRUE(later - wall < in.u.clock.timeout + 1000000);
  return finish();
}
