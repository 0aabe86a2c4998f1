#include "check.h"

int main(void) {
  wasi_subscription in;
  wasi_event out;
  uint32_t events = 0;
  // A kind of subscription that there is not.
  memset(&in, 0, sizeof in);
  in.tag = 3;
  EQUAL(poll_oneoff(&in, &out, 1, &events), E_INVAL);
  in.tag = 255;
  EQUAL(poll_oneoff(&in, &out, 1, &events), E_INVAL);

  // A clock that there is not: refused as a whole, or told in the event.
  memset(&in, 0, sizeof in);
  in.u.clock.id = 77;
  in.userdata = 5;
  wasi_errno error = poll_oneoff(&in, &out, 1, &events);
  EITHER(error, SUCCESS, E_INVAL);
  if (error == SUCCESS) {
    EQUAL(events, 1);
    EQUAL(out.userdata, 5);
    EQUAL(out.error, E_INVAL);
  }
  return finish();
}
