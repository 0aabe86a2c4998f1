#include "check.h"

int main(void) {
  wasi_subscription in[2];
  wasi_event out[2];
  uint32_t events = 0;
  memset(in, 0, sizeof in);
  for (int i = 0; i < 2; i++) {
    in[i].userdata = 20 + i;
    in[i].tag = EVENT_WRITE;
    in[i].u.fd.fd = 1 + i;
  }
  OK(poll_oneoff(in, out, 2, &events));
  TRUE(events == 1 || events == 2);
  for (uint32_t i = 0; i < events; i++) {
    EQUAL(out[i].error, SUCCESS);
    EQUAL(out[i].type, EVENT_WRITE);
    EITHER(out[i].userdata, 20, 21);
  }
  return finish();
}
