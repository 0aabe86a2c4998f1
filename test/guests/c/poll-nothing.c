#include "check.h"

int main(void) {
  wasi_subscription in;
  wasi_event out;
  uint32_t events = 9;
  memset(&in, 0, sizeof in);
  EQUAL(poll_oneoff(&in, &out, 0, &events), E_INVAL);
  return finish();
}
