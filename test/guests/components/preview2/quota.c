// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"fs":[{"type":"memory","target":"/small","maxBytes":65536}]},"limits":{"openFiles":16}}
// What is used up: room of a mount, by calls and by streams, whose error says why; descriptors.
#include "wasi2.h"

static char block[40000];

void test(void) {
  handle small = preopen("/small"), root = preopen("/");
  handle file = OPEN(small, "f", CREATE, READ | WRITE);
  sized written;
  file_write(file, block, sizeof block, 0, &written);
  EQUAL(CODE(written), OK);
  EQUAL(written.value, sizeof block);
  file_write(file, block, sizeof block, sizeof block, &written);
  // As much as there is room for, or nothing.
  TRUE(written.failed ? written.code == INSUFFICIENT_SPACE || written.code == QUOTA : written.value < sizeof block);

  made stream;
  append_via_stream(file, &stream);
  NEED(CODE(stream), OK);
  stream_done wrote;
  int steps = 0;
  do output_blocking_write(stream.value, block, 4096, &wrote);
  while (!wrote.failed && ++steps < 100);
  NEED(wrote.failed, 1);
  NEED(wrote.why.closed, FAILED);
  maybe_code code;
  filesystem_error_code(wrote.why.error, &code);
  EQUAL(code.some, 1);
  TRUE(code.value == INSUFFICIENT_SPACE || code.value == QUOTA);
  text words;
  error_text(wrote.why.error, &words);
  TRUE(words.bytes > 0);
  error_drop(wrote.why.error);
  // It has failed once: from then on it is closed.
  output_blocking_write(stream.value, block, 1, &wrote);
  EQUAL(STREAM(wrote), CLOSED);
  stream_count room;
  output_check(stream.value, &room);
  EQUAL(STREAM(room), CLOSED);
  output_flush(stream.value, &wrote);
  EQUAL(STREAM(wrote), CLOSED);
  output_zeroes(stream.value, 0, &wrote);
  EQUAL(STREAM(wrote), CLOSED);
  output_drop(stream.value);

  make_file(root, "f", "");
  handle opened[64];
  int count = 0;
  made answer;
  for (; count < 64; count++) {
    open_at(root, 0, PATH("f"), 0, READ, &answer);
    if (answer.failed) break;
    opened[count] = answer.value;
  }
  TRUE(count > 0 && count < 16);
  EQUAL(answer.code, INSUFFICIENT_MEMORY);
  descriptor_drop(opened[0]);
  open_at(root, 0, PATH("f"), 0, READ, &answer);
  EQUAL(CODE(answer), OK);
}
