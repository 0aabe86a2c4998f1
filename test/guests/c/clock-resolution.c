#include "check.h"

int main(void) {
  uint64_t value = 0;
  OK(clock_res_get(CLOCK_REAL, &value));
  TRUE(value > 0 && value <= 1000000000);
  value = 0;
  OK(clock_res_get(CLOCK_MONO, &value));
  TRUE(value > 0 && value <= 1000000000);

  // CPU clocks may be missing; one that is there has a resolution and a time.
  for (uint32_t id = CLOCK_PROCESS; id <= CLOCK_THREAD; id++) {
    value = 0;
    wasi_errno error = clock_res_get(id, &value);
    EITHER(error, SUCCESS, E_INVAL, E_BADF);
    if (!error) TRUE(value > 0);
    uint64_t time = 0;
    EQUAL(clock_time_get(id, 1, &time), error);
  }

  uint32_t wrong[] = {4, 255, 0x7fffffff, 0xffffffff};
  for (int i = 0; i < 4; i++) {
    EQUAL(clock_res_get(wrong[i], &value), E_INVAL);
    EQUAL(clock_time_get(wrong[i], 1, &value), E_INVAL);
  }
  return finish();
}
