// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// Streams of files: each has a place of its own, ends with "closed", and outlives its descriptor.
#include "wasi2.h"

static int next_is(handle stream, u64 count, const char *expected) {
  stream_bytes answer;
  input_blocking_read(stream, count, &answer);
  int code = STREAM(answer);
  if (code != OK) return code;
  return answer.data.bytes == strlen(expected) && !memcmp(answer.data.at, expected, strlen(expected)) ? OK : 1000;
}
static int append(handle stream, const char *words) {
  stream_done answer;
  output_blocking_write(stream, words, strlen(words), &answer);
  return STREAM(answer);
}

void test(void) {
  handle root = preopen("/");
  handle file = OPEN(root, "f", CREATE, READ | WRITE);
  made one, two, end, wrong;
  NEED(write_to(file, "0123456789", 0), OK);
  read_via_stream(file, 2, &one);
  read_via_stream(file, 0, &two);
  write_via_stream(file, 8, &end);
  EQUAL(CODE(one), OK);
  EQUAL(CODE(two), OK);
  EQUAL(CODE(end), OK);
  EQUAL(next_is(one.value, 3, "234"), OK);
  EQUAL(next_is(two.value, 3, "012"), OK);
  stream_count count;
  input_skip(one.value, 2, &count);
  EQUAL(STREAM(count), OK);
  EQUAL(count.value, 2);
  EQUAL(append(end.value, "AB"), OK);
  EQUAL(append(end.value, "CD"), OK);
  descriptor_drop(file);
  EQUAL(next_is(one.value, 100, "7ABCD"), OK);
  EQUAL(next_is(one.value, 100, ""), CLOSED);
  EQUAL(next_is(one.value, 100, ""), CLOSED);
  input_blocking_skip(two.value, 100, &count);
  EQUAL(STREAM(count), OK);
  EQUAL(count.value, 9);
  input_skip(two.value, 1, &count);
  EQUAL(STREAM(count), CLOSED);
  input_drop(one.value);
  input_drop(two.value);
  output_drop(end.value);
  TRUE(holds(root, "f", "01234567ABCD"));

  // At its end, wherever that is by then.
  file = OPEN(root, "f", 0, WRITE);
  append_via_stream(file, &one);
  append_via_stream(file, &two);
  EQUAL(CODE(one), OK);
  EQUAL(CODE(two), OK);
  EQUAL(append(one.value, "x"), OK);
  EQUAL(append(two.value, "y"), OK);
  NEED(write_to(file, "!", 0), OK);
  EQUAL(append(one.value, "z"), OK);
  TRUE(holds(root, "f", "!1234567ABCDxyz"));
  read_via_stream(file, 0, &wrong);
  EQUAL(CODE(wrong), BAD_DESCRIPTOR);
  output_drop(one.value);
  output_drop(two.value);
  descriptor_drop(file);

  // A stream from behind the end is at its end; one that writes there leaves a gap.
  file = OPEN(root, "f", 0, READ);
  read_via_stream(file, 1000, &one);
  EQUAL(CODE(one), OK);
  EQUAL(next_is(one.value, 1, ""), CLOSED);
  input_drop(one.value);
  write_via_stream(file, 0, &wrong);
  EQUAL(CODE(wrong), BAD_DESCRIPTOR);
  append_via_stream(file, &wrong);
  EQUAL(CODE(wrong), BAD_DESCRIPTOR);
  descriptor_drop(file);
  file = OPEN(root, "g", CREATE, WRITE);
  write_via_stream(file, 3, &one);
  EQUAL(append(one.value, "x"), OK);
  output_drop(one.value);
  descriptor_drop(file);
  file_stat found;
  EQUAL(try_stat(root, 0, "g", &found), OK);
  EQUAL(found.size, 4);

  read_via_stream(root, 0, &wrong);
  EQUAL(CODE(wrong), BAD_DESCRIPTOR);
  write_via_stream(root, 0, &wrong);
  EQUAL(CODE(wrong), BAD_DESCRIPTOR);
  append_via_stream(root, &wrong);
  EQUAL(CODE(wrong), BAD_DESCRIPTOR);
}
