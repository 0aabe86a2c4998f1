// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"an allocator calls its host"}
// Nor may an allocator end the program by a call.
#include "wasi2.h"

static void leave(void) { cli_exit(0); }

void test(void) {
  while_allocating = leave;
  texts args;
  get_arguments(&args);
}
