// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":134,"reason":"trapped","detail":"a poll of nothing"}
// poll of an empty list traps.
#include "wasi2.h"

void test(void) {
  places found;
  poll_all(NULL, 0, &found);
}
