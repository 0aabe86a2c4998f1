// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":""}
// A handle is dropped once.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  descriptor_drop(root);
  descriptor_drop(root);
}
