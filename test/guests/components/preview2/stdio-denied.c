// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"stdio":{"stdin":"denied","stdout":"denied"}}}
// expect: {"stdout":""}
// Standard streams that were not granted are closed, and can be waited for.
#include "wasi2.h"

void test(void) {
  handle in = get_stdin(), out = get_stdout();
  stream_bytes answer;
  input_read(in, 10, &answer);
  EQUAL(STREAM(answer), CLOSED);
  input_blocking_read(in, 10, &answer);
  EQUAL(STREAM(answer), CLOSED);
  pollable_block(input_subscribe(in));
  stream_count room;
  output_check(out, &room);
  EQUAL(STREAM(room), CLOSED);
  stream_done wrote;
  output_blocking_write(out, "x", 1, &wrote);
  EQUAL(STREAM(wrote), CLOSED);
  output_flush(out, &wrote);
  EQUAL(STREAM(wrote), CLOSED);
  output_blocking_flush(out, &wrote);
  EQUAL(STREAM(wrote), CLOSED);
  pollable_block(output_subscribe(out));
  output_splice(out, in, 1, &room);
  EQUAL(STREAM(room), CLOSED);
}
