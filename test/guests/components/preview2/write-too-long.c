// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"more than 4096 bytes"}
// blocking-write-and-flush takes at most 4096 bytes.
#include "wasi2.h"

static char bytes[4097];

void test(void) {
  stream_done answer;
  output_blocking_write(get_stdout(), bytes, 4096, &answer);
  EQUAL(STREAM(answer), OK);
  output_blocking_write(get_stdout(), bytes, 4097, &answer);
}
