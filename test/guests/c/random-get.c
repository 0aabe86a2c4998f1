#include "check.h"

static unsigned char big[200000 + 16];

/** Bytes of value zero that random data of this size has next to never. */
static int too_many_zeros(const unsigned char *bytes, uint32_t length) {
  uint32_t zeros = 0;
  for (uint32_t i = 0; i < length; i++) zeros += bytes[i] == 0;
  return zeros > length / 64;
}

int main(void) {
  unsigned char a[32] = {0}, b[32] = {0};
  OK(random_get(a, sizeof a));
  OK(random_get(b, sizeof b));
  TRUE(memcmp(a, b, sizeof a) != 0);

  // Nothing is written for an empty request, and nothing past the end of one.
  memset(a, 0x77, sizeof a);
  OK(random_get(a, 0));
  EQUAL(a[0], 0x77);
  OK(random_get(a, 1));
  EQUAL(a[1], 0x77);

  // More than 65,536 bytes: hosts that fill in parts must fill them all.
  OK(random_get(big, 200000));
  TRUE(!too_many_zeros(big, 65536));
  TRUE(!too_many_zeros(big + 65536, 65536));
  TRUE(!too_many_zeros(big + 131072, 200000 - 131072));
  for (int i = 0; i < 16; i++) EQUAL(big[200000 + i], 0);
  // Parts are no copies of each other.
  TRUE(memcmp(big, big + 65536, 4096) != 0);
  return finish();
}
