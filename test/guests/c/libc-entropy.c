#include "libc.h"
#include <stdlib.h>
#include <unistd.h>

int main(void) {
  unsigned char a[256] = {0}, b[256] = {0};
  TRUE(getentropy(a, sizeof a) == 0);
  TRUE(getentropy(b, sizeof b) == 0);
  TRUE(memcmp(a, b, sizeof a) != 0);
  TRUE(getentropy(a, 0) == 0);
  char big[257];
  FAILS(getentropy(big, sizeof big), EIO);
  return finish();
}
