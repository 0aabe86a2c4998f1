// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"stdin":"from the app"}
// expect: {"stdout":"from the app, by file"}
// splice and blocking-splice: from stdin to a file, from the file to stdout; lengths, ends, and what is closed.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/"), in = get_stdin(), out = get_stdout();
  handle file = OPEN(root, "f", CREATE, READ | WRITE);
  made to, from;
  write_via_stream(file, 0, &to);
  NEED(CODE(to), OK);
  stream_count count;
  u64 total = 0;
  while (total < 12) {
    output_blocking_splice(to.value, in, 5, &count);
    NEED(STREAM(count), OK);
    TRUE(count.value > 0 && count.value <= 5);
    total += count.value;
  }
  EQUAL(total, 12);
  output_blocking_splice(to.value, in, 5, &count);
  EQUAL(STREAM(count), CLOSED);
  output_splice(to.value, in, 5, &count);
  EQUAL(STREAM(count), CLOSED);
  NEED(write_to(file, ", by file", 12), OK);
  read_via_stream(file, 0, &from);
  NEED(CODE(from), OK);
  output_splice(out, from.value, 0, &count);
  EQUAL(STREAM(count), OK);
  EQUAL(count.value, 0);
  output_splice(out, from.value, 4, &count);
  EQUAL(STREAM(count), OK);
  EQUAL(count.value, 4);
  output_blocking_splice(out, from.value, ~(u64)0, &count);
  EQUAL(STREAM(count), OK);
  EQUAL(count.value, 17);
  output_blocking_splice(out, from.value, 1, &count);
  EQUAL(STREAM(count), CLOSED);
}
