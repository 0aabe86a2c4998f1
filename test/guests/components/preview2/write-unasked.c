// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"more than check-write has permitted"}
// write of more than check-write has permitted traps: here it has permitted nothing.
#include "wasi2.h"

void test(void) {
  stream_done answer;
  output_write(get_stdout(), "x", 1, &answer);
}
