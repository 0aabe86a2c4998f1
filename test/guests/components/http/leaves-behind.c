// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// Says which handles it was given and whether it finds something that an earlier request has left; then leaves what it
// can and ends as the path says.
#include "http.h"

IMPORT("wasi:cli/exit@0.2.12", "exit") _Noreturn void leave(uint32_t);

static char found[64];
static volatile int requests;
static handle left;

// The first of each type in a fresh instance: 1.
static text look(handle request, handle out) {
  handle fields = fields_new();
  const handle numbers[] = {request, out, fields, options_new(), requests};
  size_t bytes = 0;
  for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++) {
    MUST(numbers[at] >= 0 && numbers[at] < 10000);
    for (int unit = 1000; unit > 0; unit /= 10) found[bytes++] = (char)('0' + numbers[at] / unit % 10);
    found[bytes++] = ' ';
  }
  return (text){found, bytes - 1};
}

// Every kind of resource that a request leads to, and none is dropped but those that would be missed.
static void leave_all(handle request) {
  struct made body, stream;
  MUST(malloc(1 << 20) != 0);
  request_consume(request, &body);
  if (!body.failed) {
    in_stream(body.value, &stream);
    if (!stream.failed) input_subscribe(stream.value);
  }
  for (int round = 0; round < 200; round++) {
    fields_new();
    options_new();
    left = request_headers(request);
    sent_new(fields_new());
    response_new(fields_new());
  }
}

static __attribute__((noinline)) int deep(int depth) {
  return requests < 0 ? depth : deep(depth + 1) + requests;
}

HANDLER
void handle_request(handle request, handle out) {
  struct target target = target_of(request);
  text all = look(request, out);
  requests++;
  if (same(target.path, "/look")) return plain(out, 200, all);
  // A handle that an earlier instance had.
  if (same(target.path, "/former")) fields_drop(number_of(target.query));
  leave_all(request);
  if (same(target.path, "/leave")) return plain(out, 200, all);
  if (same(target.path, "/trap")) __builtin_trap();
  if (same(target.path, "/exit")) leave(0);
  if (same(target.path, "/loop")) for (;;) requests++;
  if (same(target.path, "/overflow")) requests += deep(0);
  if (same(target.path, "/unknown")) respond(out, 12345);
  struct answer answer = begin(out, 200, fields_new());
  MUST(write_all(answer.stream, all));
  if (same(target.path, "/trap-within")) __builtin_trap();
  if (same(target.path, "/exit-within")) leave(0);
}
