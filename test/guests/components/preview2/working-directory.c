// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"env":{"PWD":"/data"}}}
// The image's working directory, which every program is given as PWD, is initial-cwd.
#include "wasi2.h"

void test(void) {
  maybe_text cwd;
  initial_cwd(&cwd);
  EQUAL(cwd.some, 1);
  TRUE(cwd.value.bytes == 5 && !memcmp(cwd.value.at, "/data", 5));
}
