// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// expect: {"stdout":"one two three\u0000\u0000\u0000four\u0000\u0000","stderr":"told"}
// stdout and stderr: check-write, write, flush, zeroes and waiting; bytes come out in order.
#include "wasi2.h"

void test(void) {
  handle out = get_stdout();
  stream_count room;
  stream_done answer;
  output_check(out, &room);
  EQUAL(STREAM(room), OK);
  TRUE(room.value >= 4096);
  output_write(out, "one ", 4, &answer);
  EQUAL(STREAM(answer), OK);
  output_write(out, "two ", 4, &answer);
  EQUAL(STREAM(answer), OK);
  output_write(out, "", 0, &answer);
  EQUAL(STREAM(answer), OK);
  output_flush(out, &answer);
  EQUAL(STREAM(answer), OK);
  handle ready = output_subscribe(out);
  pollable_block(ready);
  EQUAL(pollable_ready(ready), 1);
  pollable_drop(ready);
  output_blocking_write(out, "three", 5, &answer);
  EQUAL(STREAM(answer), OK);
  output_check(out, &room);
  EQUAL(STREAM(room), OK);
  output_zeroes(out, 3, &answer);
  EQUAL(STREAM(answer), OK);
  output_blocking_flush(out, &answer);
  EQUAL(STREAM(answer), OK);
  handle other = get_stdout();
  output_blocking_write(other, "four", 4, &answer);
  EQUAL(STREAM(answer), OK);
  output_drop(other);
  output_blocking_zeroes(out, 2, &answer);
  EQUAL(STREAM(answer), OK);
  output_drop(out);
  handle errors = get_stderr();
  output_blocking_write(errors, "told", 4, &answer);
  EQUAL(STREAM(answer), OK);
}
