#include "fault.h"

int main(void) {
  wasi_subscription in;
  wasi_event out;
  uint32_t events;
  memset(&in, 0, sizeof in);
  in.u.clock.id = CLOCK_MONO;
  for (int i = 0; i < WILD_POINTERS; i++) {
    FAULT(poll_oneoff(wild(i), &out, 1, &events));
    FAULT(poll_oneoff(&in, wild(i), 1, &events));
    FAULT(poll_oneoff(&in, &out, 1, wild(i)));
  }
  OK(poll_oneoff(&in, &out, 1, &events));
  return finish();
}
