// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"clock":{"startMs":1893456000000}}}
// The frozen clock: it begins where it was said, each look takes a microsecond, and waiting takes no time.
#include "wasi2.h"

void test(void) {
  datetime wall;
  wall_now(&wall);
  EQUAL(wall.seconds, 1893456000);
  TRUE(wall.nanoseconds < 1000000);
  u64 one = monotonic_now(), two = monotonic_now();
  EQUAL(two - one, 1000);
  EQUAL(monotonic_resolution(), 1000);
  datetime resolution;
  wall_resolution(&resolution);
  EQUAL(resolution.seconds, 0);
  EQUAL(resolution.nanoseconds, 1000);
  u64 day = (u64)86400 * 1000000000;
  handle tomorrow = subscribe_duration(day);
  pollable_block(tomorrow);
  TRUE(monotonic_now() >= two + day);
  TRUE(monotonic_now() < two + day + 1000000);
  wall_now(&wall);
  EQUAL(wall.seconds, 1893456000 + 86400);
}
