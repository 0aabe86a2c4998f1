// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// random, insecure and insecure-seed: as many bytes as asked for, never the same; but for the seed, which a
// program has one of.
#include "wasi2.h"

void test(void) {
  text one, two;
  random_bytes(0, &one);
  EQUAL(one.bytes, 0);
  random_bytes(1000, &one);
  random_bytes(1000, &two);
  EQUAL(one.bytes, 1000);
  EQUAL(two.bytes, 1000);
  TRUE(memcmp(one.at, two.at, 1000) != 0);
  insecure_bytes(333, &one);
  insecure_bytes(333, &two);
  EQUAL(one.bytes, 333);
  TRUE(memcmp(one.at, two.at, 333) != 0);
  random_bytes(1000000, &one);
  EQUAL(one.bytes, 1000000);
  u32 counts[256] = {0};
  for (size_t n = 0; n < one.bytes; n++) counts[(uint8_t)one.at[n]]++;
  for (int n = 0; n < 256; n++) TRUE(counts[n] > 3000 && counts[n] < 5000);
  TRUE(random_u64() != random_u64());
  TRUE(insecure_u64() != insecure_u64());
  u64 seed[2], again[2];
  insecure_seed(seed);
  TRUE(seed[0] != seed[1]);
  insecure_seed(again);
  TRUE(memcmp(seed, again, sizeof seed) == 0);
}
