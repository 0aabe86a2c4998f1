// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":1,"stderr":"line 9: 1: 1, not 2\n"}
// An error as the result of run is exit code 1.

#include "wasi2.h"
void test(void) { EQUAL(1, 2); }
