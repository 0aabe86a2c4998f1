// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"out of the memory"}
// A result's address must be in memory.
#include "wasi2.h"

void test(void) { stat_of(preopen("/"), (void *)0xfffffff0); }
