// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"more than 4096 bytes"}
// blocking-write-zeroes-and-flush takes at most 4096 bytes.
#include "wasi2.h"

void test(void) {
  stream_done answer;
  output_blocking_zeroes(get_stdout(), 4096, &answer);
  EQUAL(STREAM(answer), OK);
  output_blocking_zeroes(get_stdout(), (u64)1 << 40, &answer);
}
