// stdin: ""
#include "check.h"

int main(void) {
  char buffer[8];
  uint32_t got = 9;
  OK(read_once(0, buffer, sizeof buffer, &got));
  EQUAL(got, 0);
  return finish();
}
