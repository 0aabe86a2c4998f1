// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"an allocator calls its host"}
// An allocator must not call the host, which is in the middle of a call.
#include "wasi2.h"

static void call(void) { monotonic_now(); }

void test(void) {
  while_allocating = call;
  text bytes;
  random_bytes(10, &bytes);
}
