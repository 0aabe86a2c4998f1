// expect-stdout-sha256: 59f410ae5e17962412e2aed4f815918f634932f2abf084f00bb638c4db017850
#include "check.h"

// Every byte value, 128 KiB, in writes of odd sizes.
int main(void) {
  static unsigned char bytes[131072];
  for (int i = 0; i < 131072; i++) bytes[i] = i;
  uint32_t at = 0, size = 1;
  while (at < sizeof bytes) {
    uint32_t part = sizeof bytes - at < size ? sizeof bytes - at : size;
    write_all(1, bytes + at, part);
    at += part;
    size = size * 3 % 4999 + 1;
  }
  return finish();
}
