// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// Asks another server, whose URL is in the header x-url, chosen by the path.
#include "check.h"

static char page[64 * 1024];

struct url {
  uint32_t scheme;
  text authority, path;
};

static struct url url_of(text words) {
  char *copy = malloc(words.bytes + 1);
  MUST(copy != 0 && words.bytes > 0);
  memcpy(copy, words.at, words.bytes);
  copy[words.bytes] = 0;
  char *colon = strstr(copy, "://");
  MUST(colon != 0);
  char *authority = colon + 3, *path = strchr(authority, '/');
  MUST(path != 0);
  return (struct url){
      colon - copy == 5, {authority, (size_t)(path - authority)}, text_of(path)
  };
}

static handle request_to(struct url url, handle headers) {
  handle sent = sent_new(headers);
  MUST(sent_set_scheme(sent, 1, url.scheme, 0, 0) == 0);
  MUST(sent_set_authority(sent, 1, url.authority.at, url.authority.bytes) == 0);
  MUST(sent_set_path(sent, 1, url.path.at, url.path.bytes) == 0);
  return sent;
}

static void tell_error(handle out, const struct error *why) {
  char words[] = "error 00";
  words[6] = (char)('0' + why->code / 10);
  words[7] = (char)('0' + why->code % 10);
  plain(out, 502, text_of(words));
}

static struct future wait_for(handle future) {
  struct future got;
  handle pollable = future_subscribe(future);
  pollable_block(pollable);
  MUST(pollable_ready(pollable));
  pollable_drop(pollable);
  future_get(future, &got);
  MUST(got.ready && !got.taken);
  return got;
}

// Hands on the request's body as it comes, and the trailers.
static void hand_on(handle request, handle body) {
  struct made from, source, to;
  struct room moved;
  struct future got;
  struct finished done;
  request_consume(request, &from);
  MUST(!from.failed);
  in_stream(from.value, &source);
  out_write(body, &to);
  do stream_blocking_splice(to.value, source.value, 1 << 20, &moved);
  while (!moved.failed);
  if (!moved.closed) error_drop(moved.error);
  input_drop(source.value);
  output_drop(to.value);
  handle future = in_finish(from.value);
  handle pollable = trailers_subscribe(future);
  pollable_block(pollable);
  pollable_drop(pollable);
  trailers_get(future, &got);
  MUST(got.ready && !got.taken);
  int some = !got.failed && got.trailers.some;
  handle trailers = some ? fields_clone(got.trailers.fields) : 0;
  out_finish(body, some, trailers, &done);
  if (some) fields_drop(got.trailers.fields);
  trailers_drop(future);
}

// The other server's answer as it comes: status, headers that begin with x-, body, trailers.
static void hand_back(handle received, handle out) {
  struct made body, stream;
  struct bytes_read bytes;
  struct future got;
  list entries;
  handle given = received_headers(received), headers = fields_new();
  fields_entries(given, &entries);
  for (size_t at = 0; at < entries.items; at++) {
    const struct field *field = (struct field *)entries.at + at;
    struct changed done;
    if (memcmp(field->name.at, "x-", 2) != 0) continue;
    fields_append(headers, field->name.at, field->name.bytes, field->value.at, field->value.bytes, &done);
    MUST(!done.failed);
  }
  fields_drop(given);
  struct answer answer = begin(out, (uint32_t)received_status(received), headers);
  received_consume(received, &body);
  MUST(!body.failed);
  received_drop(received);
  in_stream(body.value, &stream);
  for (;;) {
    stream_blocking_read(stream.value, sizeof page, &bytes);
    if (bytes.failed) break;
    if (!write_all(answer.stream, bytes.bytes)) break;
    over();
  }
  if (bytes.failed && !bytes.closed) {
    // The other server failed half way: so does this answer.
    struct maybe_error why;
    http_error_code(bytes.error, &why);
    MUST(why.some);
    error_drop(bytes.error);
    output_drop(answer.stream);
    out_drop(answer.body);
    return;
  }
  input_drop(stream.value);
  handle future = in_finish(body.value);
  handle pollable = trailers_subscribe(future);
  pollable_block(pollable);
  trailers_get(future, &got);
  MUST(got.ready && !got.taken && !got.failed);
  end(answer, got.trailers.some ? fields_clone(got.trailers.fields) : -1);
}

static void fetch(handle request, handle out, struct url url, uint64_t timeout_ms) {
  struct text_case method;
  struct made body = {1, 0};
  struct handled handled;
  handle headers = request_headers(request), copied = fields_new();
  text type = header_of(headers, "content-type");
  if (type.bytes > 0) append(copied, "content-type", type);
  append(copied, "x-from", text_of("guest"));
  fields_drop(headers);
  handle sent = request_to(url, copied);
  request_method(request, &method);
  MUST(sent_set_method(sent, method.tag, method.value.at, method.value.bytes) == 0);
  if (method.tag != 0) sent_body(sent, &body);
  handle options = options_new();
  if (timeout_ms > 0) MUST(options_set_first(options, 1, timeout_ms * 1000000) == 0);
  send_request(sent, 1, options, &handled);
  if (handled.failed) return tell_error(out, &handled.why);
  if (!body.failed) hand_on(request, body.value);
  struct future got = wait_for(handled.future);
  if (got.failed) return tell_error(out, &got.why);
  future_drop(handled.future);
  hand_back(got.response, out);
}

// Asks for many pages and reads the beginning of each.
static void leave_early(handle out, struct url url) {
  struct handled handled;
  struct made body, stream;
  struct bytes_read bytes;
  for (int each = 0; each < 40; each++) {
    send_request(request_to(url, fields_new()), 0, 0, &handled);
    MUST(!handled.failed);
    struct future got = wait_for(handled.future);
    if (got.failed) return tell_error(out, &got.why);
    future_drop(handled.future);
    received_consume(got.response, &body);
    received_drop(got.response);
    in_stream(body.value, &stream);
    stream_blocking_read(stream.value, 10, &bytes);
    CHECK(!bytes.failed && bytes.bytes.bytes == 10);
    input_drop(stream.value);
    if (each % 2 == 0) in_drop(body.value);
    else trailers_drop(in_finish(body.value));
    over();
  }
  tell(out);
}

// A body that is dropped before its end, and one that is not as long as was said.
static void break_off(handle out, struct url url) {
  struct handled handled;
  struct made body, stream;
  struct finished done;
  handle sent = request_to(url, fields_new());
  MUST(sent_set_method(sent, 2, 0, 0) == 0);
  sent_body(sent, &body);
  send_request(sent, 0, 0, &handled);
  MUST(!handled.failed);
  out_write(body.value, &stream);
  MUST(write_all(stream.value, text_of("half")));
  output_drop(stream.value);
  out_drop(body.value);
  struct future got = wait_for(handled.future);
  CHECK(got.failed && got.why.code == 35);
  future_drop(handled.future);

  handle headers = fields_new();
  append(headers, "content-length", text_of("9"));
  append(headers, "te", text_of("trailers"));
  append(headers, "trailer", text_of("x-after"));
  sent = request_to(url, headers);
  MUST(sent_set_method(sent, 2, 0, 0) == 0);
  sent_body(sent, &body);
  send_request(sent, 0, 0, &handled);
  MUST(!handled.failed);
  out_write(body.value, &stream);
  MUST(write_all(stream.value, text_of("half")));
  output_drop(stream.value);
  out_finish(body.value, 0, 0, &done);
  CHECK(done.failed && done.why.code == 17 && done.why.size.some && done.why.size.value == 4);
  got = wait_for(handled.future);
  CHECK(got.failed && got.why.code == 17);
  future_drop(handled.future);
  tell(out);
}

// A request without a path, all of its body there before it is sent.
static void send_ahead(handle out, struct url url) {
  static char block[512 * 1024];
  struct handled handled;
  struct made body, stream;
  struct written done;
  struct finished finished;
  struct room room;
  memset(block, 'b', sizeof block);
  handle headers = fields_new();
  // The last letter's last byte is 0xa0.
  append(headers, "x-word", text_of("voil\xc3\xa0"));
  handle sent = request_to(url, headers);
  MUST(sent_set_path(sent, 0, 0, 0) == 0 && sent_set_method(sent, 2, 0, 0) == 0);
  sent_body(sent, &body);
  out_write(body.value, &stream);
  stream_check(stream.value, &room);
  CHECK(!room.failed && room.bytes >= sizeof block);
  stream_write(stream.value, block, sizeof block, &done);
  CHECK(!done.failed);
  output_drop(stream.value);
  out_finish(body.value, 0, 0, &finished);
  CHECK(!finished.failed);
  send_request(sent, 0, 0, &handled);
  MUST(!handled.failed);
  struct future got = wait_for(handled.future);
  if (got.failed) return tell_error(out, &got.why);
  future_drop(handled.future);
  hand_back(got.response, out);
}

// What a future answers at each state, and requests that are none.
static void futures(handle out, struct url url) {
  struct handled handled, other;
  struct future got;
  struct made body;
  send_request(sent_new(fields_new()), 0, 0, &handled);
  CHECK(handled.failed && handled.why.code == 19);
  handle sent = sent_new(fields_new());
  CHECK(sent_set_scheme(sent, 1, 0, 0, 0) == 0);
  send_request(sent, 0, 0, &handled);
  CHECK(handled.failed && handled.why.code == 19);
  sent = request_to(url, fields_new());
  CHECK(sent_set_scheme(sent, 1, 2, "ws", 2) == 0);
  send_request(sent, 0, 0, &handled);
  CHECK(handled.failed && handled.why.code == 35);
  // A user in the authority.
  sent = request_to(url, fields_new());
  CHECK(sent_set_authority(sent, 1, "user:pass@localhost", 19) == 0);
  send_request(sent, 0, 0, &handled);
  MUST(!handled.failed);
  got = wait_for(handled.future);
  CHECK(got.failed && got.why.code == 19);
  future_drop(handled.future);

  send_request(request_to(url, fields_new()), 0, 0, &handled);
  send_request(request_to(url, fields_new()), 0, 0, &other);
  CHECK(!handled.failed && !other.failed);
  handle early = future_subscribe(handled.future);
  future_get(handled.future, &got);
  // Nobody waits for this one.
  future_drop(other.future);
  // A machine with much to do may let the answer come before anybody asks.
  if (!got.ready) got = wait_for(handled.future);
  CHECK(!got.failed);
  handle response = got.response;
  future_get(handled.future, &got);
  CHECK(got.ready && got.taken);
  handle pollable = future_subscribe(handled.future);
  CHECK(pollable_ready(pollable) && pollable_ready(early));
  pollable_block(early);
  pollable_drop(early);
  pollable_drop(pollable);
  future_drop(handled.future);
  CHECK(received_status(response) == 200);
  handle headers = received_headers(response);
  struct changed done;
  fields_append(headers, "x", 1, "y", 1, &done);
  CHECK(done.failed && done.why == IMMUTABLE);
  fields_drop(headers);
  received_consume(response, &body);
  CHECK(!body.failed);
  struct made again;
  received_consume(response, &again);
  CHECK(again.failed);
  // Unread.
  in_drop(body.value);
  received_drop(response);
  tell(out);
}

HANDLER
void handle_request(handle request, handle out) {
  struct target target = target_of(request);
  handle headers = request_headers(request);
  struct url url = url_of(header_of(headers, "x-url"));
  fields_drop(headers);
  if (same(target.path, "/futures")) futures(out, url);
  else if (same(target.path, "/leave-early")) leave_early(out, url);
  else if (same(target.path, "/break-off")) break_off(out, url);
  else if (same(target.path, "/send-ahead")) send_ahead(out, url);
  else fetch(request, out, url, number_of(target.query));
}
