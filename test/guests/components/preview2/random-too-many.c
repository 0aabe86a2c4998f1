// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"random bytes"}
// More random bytes than any memory holds.
#include "wasi2.h"

void test(void) {
  text bytes;
  random_bytes((u64)1 << 40, &bytes);
}
