// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"clock":{"type":"coarse","resolutionMs":100}}}
// Coarse clocks: all that they say is in steps of a tenth of a second.
#include "wasi2.h"

void test(void) {
  u64 step = 100000000;
  EQUAL(monotonic_resolution(), step);
  EQUAL(monotonic_now() % step, 0);
  datetime wall;
  wall_now(&wall);
  EQUAL(wall.nanoseconds % step, 0);
  wall_resolution(&wall);
  EQUAL(wall.seconds, 0);
  EQUAL(wall.nanoseconds, step);
  u64 start = monotonic_now();
  pollable_block(subscribe_duration(10000000));
  TRUE(monotonic_now() >= start);
}
