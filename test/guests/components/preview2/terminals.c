// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// The standard streams are no terminals.
#include "wasi2.h"

void test(void) {
  maybe_handle answer = {1, 0};
  get_terminal_stdin(&answer);
  EQUAL(answer.some, 0);
  answer.some = 1;
  get_terminal_stdout(&answer);
  EQUAL(answer.some, 0);
  answer.some = 1;
  get_terminal_stderr(&answer);
  EQUAL(answer.some, 0);
}
