// clock: real
#include "check.h"

#define SECOND 1000000000ull

int main(void) {
  uint64_t wall = now(CLOCK_REAL);
  TRUE(wall > 1600000000 * SECOND); // 2020
  TRUE(wall < 4102444800 * SECOND); // 2100
  // Both clocks run at one speed.
  uint64_t mono = now(CLOCK_MONO);
  while (now(CLOCK_MONO) - mono < 20000000) {
  }
  uint64_t passed = now(CLOCK_REAL) - wall;
  TRUE(passed >= 15000000);
  TRUE(passed < 10 * SECOND);
  return finish();
}
