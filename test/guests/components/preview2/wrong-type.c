// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":""}
// A handle of another type is none.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/"), in = get_stdin(), out = get_stdout(), more = get_stdout();
  (void)root, (void)in, (void)out;
  stream_bytes answer;
  input_read(more + 100, 1, &answer);
}
