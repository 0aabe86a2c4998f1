// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":77,"stdout":"before"}
// exit-with-code ends with its code, at once.
#include "wasi2.h"

void test(void) {
  say_to(get_stdout(), "before");
  exit_with_code(77);
  say_to(get_stdout(), "after");
}
