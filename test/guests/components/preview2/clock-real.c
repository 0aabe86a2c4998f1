// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"clock":"real"}}
// The host's clocks: they go on, and a wait takes at least its length.
#include "wasi2.h"

void test(void) {
  datetime wall, later;
  wall_now(&wall);
  TRUE(wall.seconds > 1700000000);
  TRUE(wall.nanoseconds < 1000000000);
  u64 start = monotonic_now(), ms = 1000000;
  TRUE(monotonic_resolution() >= 1 && monotonic_resolution() <= 1000 * ms);
  pollable_block(subscribe_duration(20 * ms));
  TRUE(monotonic_now() - start >= 20 * ms);
  u64 end = monotonic_now() + 15 * ms;
  pollable_block(subscribe_instant(end));
  TRUE(monotonic_now() >= end);
  wall_now(&later);
  TRUE(later.seconds > wall.seconds || later.nanoseconds > wall.nanoseconds);
  u64 before = monotonic_now();
  for (int n = 0; n < 1000; n++) {
    u64 now = monotonic_now();
    NEED(now >= before, 1);
    before = now;
  }
  // So far away that no number can say when.
  EQUAL(pollable_ready(subscribe_duration(~(u64)0)), 0);
  EQUAL(pollable_ready(subscribe_instant(~(u64)0)), 0);
}
