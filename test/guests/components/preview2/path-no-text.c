// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"not in its encoding"}
// A path that is no UTF-8 is no string.
#include "wasi2.h"

void test(void) { try_open(preopen("/"), 0, "\xff\xfe", 0, READ); }
