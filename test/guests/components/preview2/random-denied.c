// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"no grant for random"}
// run: {"grants":{"random":"denied"}}
// Random bytes that were not granted end the program: it must not go on with what anybody can guess.
#include "wasi2.h"

void test(void) { random_u64(); }
