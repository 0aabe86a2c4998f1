// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"out of the memory"}
// A list must be in memory as a whole.
#include "wasi2.h"

void test(void) {
  stream_done answer;
  output_blocking_write(get_stdout(), (void *)0xfffffff0, 4000, &answer);
}
