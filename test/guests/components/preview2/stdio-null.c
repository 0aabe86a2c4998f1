// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"stdin":"lost","grants":{"stdio":{"stdin":"null","stdout":"null"}}}
// expect: {"stdout":""}
// Standard streams of nothing: stdin is at its end, stdout takes all.
#include "wasi2.h"

void test(void) {
  stream_bytes answer;
  input_blocking_read(get_stdin(), 10, &answer);
  EQUAL(STREAM(answer), CLOSED);
  stream_done wrote;
  output_blocking_write(get_stdout(), "nobody reads this", 17, &wrote);
  EQUAL(STREAM(wrote), OK);
}
