// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"code":0,"stdout":"before"}
// exit with "ok" ends with 0, at once.
#include "wasi2.h"

void test(void) {
  say_to(get_stdout(), "before");
  cli_exit(0);
  say_to(get_stdout(), "after");
}
