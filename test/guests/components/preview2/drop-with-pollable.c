// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"before what was made from it"}
// A pollable is a child of its stream, which must not be dropped before it.
#include "wasi2.h"

void test(void) {
  handle in = get_stdin();
  input_subscribe(in);
  input_drop(in);
}
