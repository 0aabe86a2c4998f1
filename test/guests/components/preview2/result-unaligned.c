// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"not aligned"}
// A result's address must be aligned.
#include "wasi2.h"

void test(void) {
  static _Alignas(8) char memory[256];
  stat_of(preopen("/"), (void *)(memory + 4));
}
