#include "check.h"

static wasi_subscription clock_after(uint32_t id, uint64_t timeout, uint16_t flags, uint64_t userdata) {
  wasi_subscription subscription;
  memset(&subscription, 0, sizeof subscription);
  subscription.userdata = userdata;
  subscription.tag = EVENT_CLOCK;
  subscription.u.clock.id = id;
  subscription.u.clock.timeout = timeout;
  subscription.u.clock.flags = flags;
  return subscription;
}

static void check_one(wasi_subscription subscription) {
  wasi_event event;
  uint32_t events = 99;
  memset(&event, 0xff, sizeof event);
  OK(poll_oneoff(&subscription, &event, 1, &events));
  EQUAL(events, 1);
  EQUAL(event.userdata, subscription.userdata);
  EQUAL(event.error, SUCCESS);
  EQUAL(event.type, EVENT_CLOCK);
}

int main(void) {
  const uint64_t ms = 1000000;
  uint64_t start = now(CLOCK_MONO);
  check_one(clock_after(CLOCK_MONO, 20 * ms, 0, 0x123456789abcdef0));
  TRUE(now(CLOCK_MONO) - start >= 20 * ms);

  start = now(CLOCK_MONO);
  check_one(clock_after(CLOCK_REAL, 10 * ms, 0, 2));
  TRUE(now(CLOCK_MONO) - start >= 9 * ms);

  // Absolute: a time to come, and one that has passed.
  start = now(CLOCK_MONO);
  check_one(clock_after(CLOCK_MONO, start + 15 * ms, CLOCK_ABSOLUTE, 3));
  TRUE(now(CLOCK_MONO) >= start + 15 * ms);
  uint64_t wall = now(CLOCK_REAL);
  check_one(clock_after(CLOCK_REAL, wall + 15 * ms, CLOCK_ABSOLUTE, 4));
  TRUE(now(CLOCK_REAL) >= wall + 15 * ms);
  check_one(clock_after(CLOCK_MONO, 0, CLOCK_ABSOLUTE, 5));
  check_one(clock_after(CLOCK_REAL, 1, CLOCK_ABSOLUTE, 6));
  check_one(clock_after(CLOCK_MONO, 0, 0, 7));
  return finish();
}
