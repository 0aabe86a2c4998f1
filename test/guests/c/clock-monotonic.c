#include "check.h"

int main(void) {
  uint64_t last = now(CLOCK_MONO);
  uint64_t first = last;
  for (int i = 0; i < 5000; i++) {
    uint64_t time = now(CLOCK_MONO);
    if (!TRUE(time >= last)) break;
    last = time;
  }
  TRUE(last > first);
  // The precision is a hint: any value is fine.
  uint64_t time = 0;
  OK(clock_time_get(CLOCK_MONO, 0, &time));
  TRUE(time >= last);
  OK(clock_time_get(CLOCK_MONO, UINT64_MAX, &time));
  TRUE(time >= last);
  return finish();
}
