// stdin: "input"
#include "check.h"

int main(void) {
  char byte = 'x';
  uint32_t count = 77;
  EQUAL(write_once(0, &byte, 1, &count), E_BADF);
  EQUAL(read_once(1, &byte, 1, &count), E_BADF);
  EQUAL(read_once(2, &byte, 1, &count), E_BADF);
  EITHER(pread_once(0, &byte, 1, 0, &count), E_SPIPE, E_BADF);
  EITHER(pwrite_once(1, &byte, 1, 0, &count), E_SPIPE, E_BADF);
  return finish();
}
