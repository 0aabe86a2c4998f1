// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// Bodies there and back, chosen by the path. What is read is let go of before the next read.
#include "http.h"

static char page[64 * 1024];

static struct answer plain_head(handle out) {
  handle headers = fields_new();
  append(headers, "content-type", text_of("application/octet-stream"));
  return begin(out, 200, headers);
}

static handle stream_of(handle body) {
  struct made stream;
  in_stream(body, &stream);
  MUST(!stream.failed);
  return stream.value;
}

// The body's trailers once all of it has come; -1: none.
static handle trailers_of(handle body) {
  struct future got;
  handle future = in_finish(body);
  handle pollable = trailers_subscribe(future);
  pollable_block(pollable);
  pollable_drop(pollable);
  trailers_get(future, &got);
  MUST(got.ready && !got.taken && !got.failed);
  if (!got.trailers.some) return -1;
  handle copy = fields_clone(got.trailers.fields);
  fields_drop(got.trailers.fields);
  trailers_drop(future);
  return copy;
}

// Each chunk back as it comes; the trailers too.
static void echo(handle body, handle out) {
  struct bytes_read got;
  struct answer answer = plain_head(out);
  handle from = stream_of(body);
  for (;;) {
    stream_blocking_read(from, sizeof page, &got);
    if (got.failed) break;
    MUST(got.bytes.bytes > 0 && got.bytes.bytes <= sizeof page);
    if (!write_all(answer.stream, got.bytes)) break;
    over();
  }
  MUST(got.failed && got.closed);
  input_drop(from);
  handle trailers = trailers_of(body);
  MUST(end(answer, trailers));
}

// The same by one call for each chunk.
static void splice(handle body, handle out) {
  struct room moved;
  struct answer answer = plain_head(out);
  handle from = stream_of(body);
  do stream_blocking_splice(answer.stream, from, 1 << 20, &moved);
  while (!moved.failed);
  MUST(moved.closed);
  input_drop(from);
  in_drop(body);
  MUST(end(answer, -1));
}

// A line for each chunk, whatever it is: the answer has begun long before the request ends.
static void tick(handle body, handle out) {
  struct bytes_read got;
  struct answer answer = plain_head(out);
  handle from = stream_of(body);
  for (stream_blocking_read(from, sizeof page, &got); !got.failed;) {
    MUST(write_all(answer.stream, text_of("tick\n")));
    over();
    stream_blocking_read(from, sizeof page, &got);
  }
  input_drop(from);
  in_drop(body);
  MUST(end(answer, -1));
}

// How many bytes came, once all have.
static void count(handle body, handle out) {
  struct bytes_read got;
  uint64_t total = 0;
  handle from = stream_of(body);
  for (;;) {
    stream_blocking_read(from, sizeof page, &got);
    if (got.failed) break;
    total += got.bytes.bytes;
    over();
  }
  input_drop(from);
  in_drop(body);
  char digits[20];
  size_t at = sizeof digits;
  do digits[--at] = (char)('0' + total % 10);
  while ((total /= 10) > 0);
  plain(out, 200, (text){digits + at, sizeof digits - at});
}

// As many bytes as asked for, written as there is room for them.
static void flood(handle out, uint64_t left) {
  struct room room;
  struct written done;
  struct answer answer = plain_head(out);
  memset(page, 'x', sizeof page);
  handle ready = output_subscribe(answer.stream);
  while (left > 0) {
    pollable_block(ready);
    stream_check(answer.stream, &room);
    if (room.failed) break;
    uint64_t count = room.bytes < sizeof page ? room.bytes : sizeof page;
    if (count > left) count = left;
    stream_write(answer.stream, page, (size_t)count, &done);
    if (done.failed) break;
    left -= count;
  }
  pollable_drop(ready);
  stream_blocking_flush(answer.stream, &done);
  MUST(end(answer, -1));
}

// Bytes that are written before anybody knows where they go.
static void ahead(handle out, uint64_t bytes) {
  struct made body, stream;
  struct written done;
  struct room room;
  handle response = response_new(fields_new());
  response_body(response, &body);
  out_write(body.value, &stream);
  stream_check(stream.value, &room);
  MUST(!room.failed && room.bytes >= bytes && bytes <= sizeof page);
  memset(page, 'x', sizeof page);
  stream_write(stream.value, page, (size_t)bytes, &done);
  MUST(!done.failed);
  respond(out, response);
  MUST(end((struct answer){body.value, stream.value}, -1));
}

HANDLER
void handle_request(handle request, handle out) {
  struct target target = target_of(request);
  struct made body;
  request_consume(request, &body);
  MUST(!body.failed);
  request_drop(request);
  if (same(target.path, "/echo")) return echo(body.value, out);
  if (same(target.path, "/splice")) return splice(body.value, out);
  if (same(target.path, "/tick")) return tick(body.value, out);
  if (same(target.path, "/count")) return count(body.value, out);
  in_drop(body.value);
  if (same(target.path, "/flood")) flood(out, number_of(target.query));
  else if (same(target.path, "/ahead")) ahead(out, number_of(target.query));
  else plain(out, 404, text_of("nothing here"));
}
