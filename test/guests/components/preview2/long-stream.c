// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// Ten megabytes through streams of a file, by check-write, write and flush, and back by reads of any length.
#include "wasi2.h"

enum { TOTAL = 10000000, CHUNK = 70000 };
static uint8_t chunk[CHUNK];
static uint8_t at(u32 place) { return (uint8_t)(place * 7 + (place >> 8) + (place >> 16)); }

void test(void) {
  handle root = preopen("/");
  handle file = OPEN(root, "f", CREATE, READ | WRITE);
  made stream;
  write_via_stream(file, 0, &stream);
  NEED(CODE(stream), OK);
  for (u32 sent = 0; sent < TOTAL;) {
    stream_count room;
    output_check(stream.value, &room);
    NEED(STREAM(room), OK);
    if (room.value == 0) {
      handle ready = output_subscribe(stream.value);
      pollable_block(ready);
      pollable_drop(ready);
      continue;
    }
    u32 count = room.value < CHUNK ? room.value : CHUNK;
    if (count > TOTAL - sent) count = TOTAL - sent;
    for (u32 n = 0; n < count; n++) chunk[n] = at(sent + n);
    stream_done wrote;
    output_write(stream.value, chunk, count, &wrote);
    NEED(STREAM(wrote), OK);
    sent += count;
  }
  stream_done flushed;
  output_blocking_flush(stream.value, &flushed);
  EQUAL(STREAM(flushed), OK);
  output_drop(stream.value);
  statted found;
  stat_of(file, &found);
  EQUAL(found.value.size, TOTAL);

  read_via_stream(file, 0, &stream);
  NEED(CODE(stream), OK);
  u32 wanted = 1, got = 0, wrong = 0;
  for (;;) {
    stream_bytes bytes;
    input_blocking_read(stream.value, wanted, &bytes);
    int code = STREAM(bytes);
    if (code == CLOSED) break;
    NEED(code, OK);
    TRUE(bytes.data.bytes > 0 && bytes.data.bytes <= wanted);
    for (u32 n = 0; n < bytes.data.bytes; n++) wrong += (uint8_t)bytes.data.at[n] != at(got + n);
    got += bytes.data.bytes;
    wanted = wanted * 3 % 1000003 + 1;
    forget();
  }
  EQUAL(got, TOTAL);
  EQUAL(wrong, 0);
}
