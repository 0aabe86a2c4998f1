// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// Requests, responses, bodies and options of wasi:http/types, to the letter of their interface.
#include "check.h"

static void methods(handle sent) {
  struct text_case method;
  sent_method(sent, &method);
  CHECK(method.tag == 0);
  for (uint32_t tag = 0; tag < 9; tag++) {
    CHECK(sent_set_method(sent, tag, 0, 0) == 0);
    sent_method(sent, &method);
    CHECK(method.tag == tag);
  }
  CHECK(sent_set_method(sent, 9, "PURGE", 5) == 0);
  sent_method(sent, &method);
  CHECK(method.tag == 9 && same(method.value, "PURGE"));
  CHECK(sent_set_method(sent, 9, "", 0) == 1);
  CHECK(sent_set_method(sent, 9, "GET /", 5) == 1);
  CHECK(sent_set_method(sent, 9, "A\r\nB", 4) == 1);
  sent_method(sent, &method);
  CHECK(method.tag == 9 && same(method.value, "PURGE"));
  // What has a case of its own has no other; methods are told apart by their case.
  CHECK(sent_set_method(sent, 9, "GET", 3) == 0);
  sent_method(sent, &method);
  CHECK(method.tag == 0);
  CHECK(sent_set_method(sent, 9, "get", 3) == 0);
  sent_method(sent, &method);
  CHECK(method.tag == 9 && same(method.value, "get"));
}

static void paths(handle sent) {
  struct text_case path;
  sent_path(sent, &path);
  CHECK(!path.tag);
  CHECK(sent_set_path(sent, 1, "/a?b=c%20d", 10) == 0);
  sent_path(sent, &path);
  CHECK(path.tag && same(path.value, "/a?b=c%20d"));
  static const char *const bad[] = {"/a b", "/a\r\nX: y", "/a#b\n", "/\x7f", "/a#b", "/<", "/>", "/\xc3\xa9"};
  for (size_t at = 0; at < sizeof bad / sizeof *bad; at++)
    CHECK(sent_set_path(sent, 1, bad[at], strlen(bad[at])) == 1);
  CHECK(sent_set_path(sent, 0, 0, 0) == 0);
  sent_path(sent, &path);
  CHECK(!path.tag);
}

static void schemes(handle sent) {
  struct scheme scheme;
  sent_scheme(sent, &scheme);
  CHECK(!scheme.some);
  for (uint32_t tag = 0; tag < 2; tag++) {
    CHECK(sent_set_scheme(sent, 1, tag, 0, 0) == 0);
    sent_scheme(sent, &scheme);
    CHECK(scheme.some && scheme.tag == tag);
  }
  CHECK(sent_set_scheme(sent, 1, 2, "ws+x", 4) == 0);
  sent_scheme(sent, &scheme);
  CHECK(scheme.some && scheme.tag == 2 && same(scheme.value, "ws+x"));
  CHECK(sent_set_scheme(sent, 1, 2, "https", 5) == 0);
  sent_scheme(sent, &scheme);
  CHECK(scheme.some && scheme.tag == 1);
  CHECK(sent_set_scheme(sent, 1, 2, "HTTP", 4) == 0);
  sent_scheme(sent, &scheme);
  CHECK(scheme.some && scheme.tag == 0);
  CHECK(sent_set_scheme(sent, 1, 2, "WS", 2) == 0);
  sent_scheme(sent, &scheme);
  CHECK(scheme.some && scheme.tag == 2 && same(scheme.value, "WS"));
  CHECK(sent_set_scheme(sent, 1, 2, "1x", 2) == 1);
  CHECK(sent_set_scheme(sent, 1, 2, "a:b", 3) == 1);
  CHECK(sent_set_scheme(sent, 0, 0, 0, 0) == 0);
  sent_scheme(sent, &scheme);
  CHECK(!scheme.some);
}

static void authorities(handle sent) {
  struct text_case authority;
  sent_authority(sent, &authority);
  CHECK(!authority.tag);
  CHECK(sent_set_authority(sent, 1, "example.com:8443", 16) == 0);
  CHECK(sent_set_authority(sent, 1, "[::1]:80", 8) == 0);
  sent_authority(sent, &authority);
  CHECK(authority.tag && same(authority.value, "[::1]:80"));
  CHECK(sent_set_authority(sent, 1, "a:65535", 7) == 0);
  CHECK(sent_set_authority(sent, 1, "user:pass%20@localhost:80", 25) == 0);
  static const char *const bad[] = {
      "a b", "a/b", "a\nb", "a?b", "::", ":@", "@@", "@:", "#", "a\\b", "", ":80", "a:", "a:65536", "a:99999", "a:b", "[::1]:",
  };
  for (size_t at = 0; at < sizeof bad / sizeof *bad; at++)
    CHECK(sent_set_authority(sent, 1, bad[at], strlen(bad[at])) == 1);
  CHECK(sent_set_authority(sent, 0, 0, 0) == 0);
}

static void options(void) {
  struct duration time;
  handle given = options_new();
  options_connect(given, &time);
  CHECK(!time.some);
  CHECK(options_set_connect(given, 1, 5) == 0 && options_set_first(given, 1, 6) == 0);
  CHECK(options_set_between(given, 1, ~0ull) == 0);
  options_connect(given, &time);
  CHECK(time.some && time.ns == 5);
  options_first(given, &time);
  CHECK(time.some && time.ns == 6);
  options_between(given, &time);
  CHECK(time.some && time.ns == ~0ull);
  CHECK(options_set_first(given, 0, 0) == 0);
  options_first(given, &time);
  CHECK(!time.some);
  options_drop(given);
}

static void responses(void) {
  handle response = response_new(fields_new());
  struct made body, stream;
  CHECK(response_status(response) == 200);
  CHECK(response_set_status(response, 404) == 0 && response_status(response) == 404);
  CHECK(response_set_status(response, 100) == 0 && response_set_status(response, 599) == 0);
  static const uint32_t bad[] = {0, 99, 600, 999, 1000, 65535};
  for (size_t at = 0; at < sizeof bad / sizeof *bad; at++)
    CHECK(response_set_status(response, bad[at]) == 1);
  CHECK(response_status(response) == 599);
  response_body(response, &body);
  CHECK(!body.failed);
  response_body(response, &stream);
  CHECK(stream.failed);
  out_write(body.value, &stream);
  CHECK(!stream.failed);
  output_drop(stream.value);
  out_write(body.value, &stream);
  CHECK(stream.failed);
  out_drop(body.value);
  response_drop(response);
}

// A body that is shorter or longer than its content-length is an error of its own.
static void lengths(void) {
  for (int more = -1; more <= 1; more++) {
    struct made body, stream;
    struct written done;
    struct finished over;
    handle headers = fields_new();
    append(headers, "Content-Length", text_of("4"));
    handle response = response_new(headers);
    response_body(response, &body);
    struct room room;
    out_write(body.value, &stream);
    stream_check(stream.value, &room);
    CHECK(!room.failed && room.bytes >= 4);
    stream_write(stream.value, "wordy", 4, &done);
    CHECK(!done.failed);
    if (more == 1) {
      struct maybe_error why;
      stream_check(stream.value, &room);
      CHECK(!room.failed);
      stream_write(stream.value, "y", 1, &done);
      CHECK(done.failed && done.closed == 0);
      http_error_code(done.error, &why);
      CHECK(why.some && why.why.code == 28 && why.why.size.some && why.why.size.value == 5);
      error_drop(done.error);
      stream_check(stream.value, &room);
      CHECK(room.failed && room.closed == 1);
    }
    output_drop(stream.value);
    if (more == -1) {
      out_finish(body.value, 0, 0, &over);
      CHECK(!over.failed);
    } else if (more == 1) {
      out_finish(body.value, 0, 0, &over);
      CHECK(over.failed && over.why.code == 28 && over.why.size.some && over.why.size.value == 5);
    } else out_drop(body.value);
    response_drop(response);
  }
  struct made body;
  struct finished over;
  handle headers = fields_new();
  append(headers, "content-length", text_of("1"));
  handle sent = sent_new(headers);
  sent_body(sent, &body);
  CHECK(!body.failed);
  out_finish(body.value, 0, 0, &over);
  CHECK(over.failed && over.why.code == 17 && over.why.size.some && over.why.size.value == 0);
  sent_body(sent, &body);
  CHECK(body.failed);
  sent_drop(sent);

  // A length that is none.
  static const char *const none[] = {"", "+5", "-5", " 5", "5 ", "0x5", "five"};
  for (size_t at = 0; at < sizeof none / sizeof *none; at++) {
    headers = fields_new();
    append(headers, "content-length", text_of(none[at]));
    handle response = response_new(headers);
    response_body(response, &body);
    CHECK(body.failed);
    response_drop(response);
    headers = fields_new();
    append(headers, "content-length", text_of(none[at]));
    sent = sent_new(headers);
    sent_body(sent, &body);
    CHECK(body.failed);
    sent_drop(sent);
  }
}

// What is written before anybody is told where it goes, and where it never goes.
static void unsent(void) {
  static char block[64 * 1024];
  struct made body, stream, other;
  struct written done;
  struct room room;
  handle sent[9];
  for (int each = 0; each < 9; each++) {
    sent[each] = sent_new(fields_new());
    sent_body(sent[each], &body);
    out_write(body.value, &stream);
    for (int at = 0; at < 16; at++) {
      stream_check(stream.value, &room);
      // All bodies together have a bound.
      CHECK(!room.failed && (each < 8 ? room.bytes >= sizeof block : room.bytes == 0));
      if (room.bytes < sizeof block) break;
      stream_write(stream.value, block, sizeof block, &done);
      CHECK(!done.failed);
    }
    stream_check(stream.value, &room);
    CHECK(!room.failed && room.bytes == 0);
    output_drop(stream.value);
    out_drop(body.value);
  }
  for (int each = 0; each < 9; each++) sent_drop(sent[each]);

  // Its request is gone.
  handle gone = sent_new(fields_new());
  sent_body(gone, &body);
  out_write(body.value, &stream);
  stream_check(stream.value, &room);
  CHECK(!room.failed && room.bytes >= sizeof block);
  sent_drop(gone);
  stream_check(stream.value, &room);
  CHECK(room.failed && room.closed == 1);
  output_drop(stream.value);
  out_drop(body.value);
  handle response = response_new(fields_new());
  response_body(response, &body);
  response_drop(response);
  out_write(body.value, &other);
  stream_check(other.value, &room);
  CHECK(room.failed && room.closed == 1);
  output_drop(other.value);
  out_drop(body.value);
}

static void bodies(handle request) {
  struct made body, stream;
  struct future got;
  struct bytes_read bytes;
  request_consume(request, &body);
  CHECK(!body.failed);
  request_consume(request, &stream);
  CHECK(stream.failed);
  in_stream(body.value, &stream);
  CHECK(!stream.failed);
  handle input = stream.value;
  in_stream(body.value, &stream);
  CHECK(stream.failed);
  stream_blocking_read(input, 2, &bytes);
  CHECK(!bytes.failed && same(bytes.bytes, "wo"));
  input_drop(input);
  // The rest is read by nobody: the trailers come after it.
  handle future = in_finish(body.value);
  handle pollable = trailers_subscribe(future);
  pollable_block(pollable);
  CHECK(pollable_ready(pollable));
  trailers_get(future, &got);
  CHECK(got.ready && !got.taken && !got.failed && !got.trailers.some);
  trailers_get(future, &got);
  CHECK(got.ready && got.taken);
  pollable_drop(pollable);
  trailers_drop(future);
}

HANDLER
void handle_request(handle request, handle out) {
  handle sent = sent_new(fields_new());
  methods(sent);
  paths(sent);
  schemes(sent);
  authorities(sent);
  sent_drop(sent);
  options();
  responses();
  lengths();
  unsent();
  bodies(request);
  request_drop(request);
  tell(out);
}
