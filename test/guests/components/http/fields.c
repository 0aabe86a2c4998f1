// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// wasi:http/types.fields, to the letter of its interface.
#include "check.h"

#define NAMED(words) words, sizeof words - 1

static int append_of(handle fields, const char *name, text value) {
  struct changed done;
  fields_append(fields, name, strlen(name), value.at, value.bytes, &done);
  return done.failed ? done.why : -1;
}

static int set_of(handle fields, const char *name, const text *values, size_t count) {
  struct changed done;
  fields_set(fields, name, strlen(name), values, count, &done);
  return done.failed ? done.why : -1;
}

static int delete_of(handle fields, const char *name) {
  struct changed done;
  fields_delete(fields, name, strlen(name), &done);
  return done.failed ? done.why : -1;
}

static size_t count_of(handle fields, const char *name) {
  list found;
  fields_get(fields, name, strlen(name), &found);
  return found.items;
}

static void mutable_ones(void) {
  handle fields = fields_new();
  list entries;
  CHECK(append_of(fields, "X-A", text_of("one")) == -1);
  CHECK(append_of(fields, "x-a", text_of("two")) == -1);
  CHECK(append_of(fields, "x-b", text_of("")) == -1);
  CHECK(count_of(fields, "X-a") == 2 && count_of(fields, "x-b") == 1);
  CHECK(fields_has(fields, NAMED("x-A")) && !fields_has(fields, NAMED("x-c")));
  // Names and values as they were first given, in their order.
  fields_entries(fields, &entries);
  struct field *each = entries.at;
  CHECK(entries.items == 3 && same(each[0].name, "X-A") && same(each[0].value, "one"));
  CHECK(same(each[1].name, "X-A"));
  CHECK(same(each[1].value, "two") && same(each[2].name, "x-b") && each[2].value.bytes == 0);

  text values[] = {text_of("three"), text_of("four")};
  CHECK(set_of(fields, "x-a", values, 2) == -1 && count_of(fields, "x-a") == 2);
  CHECK(same(header_of(fields, "x-a"), "three"));
  CHECK(set_of(fields, "x-a", values, 0) == -1 && !fields_has(fields, NAMED("x-a")));
  CHECK(delete_of(fields, "X-B") == -1 && count_of(fields, "x-b") == 0);
  CHECK(delete_of(fields, "never-there") == -1);

  // Bytes that are no text are values too.
  CHECK(append_of(fields, "x-raw", (text){"\x80\xff\t ", 4}) == -1);
  text raw = header_of(fields, "x-raw");
  CHECK(raw.bytes == 4 && memcmp(raw.at, "\x80\xff\t ", 4) == 0);

  // A copy is another list.
  handle copy = fields_clone(fields);
  CHECK(append_of(copy, "x-copy", text_of("1")) == -1);
  CHECK(fields_has(copy, NAMED("x-copy")) && !fields_has(fields, NAMED("x-copy")));
  fields_drop(fields);
  CHECK(fields_has(copy, NAMED("x-raw")));
  fields_drop(copy);
}

static void refused_ones(void) {
  static const char *const no_names[] = {"", "a b", "a:b", "a\nb", "\xc3\xa9", "a(b)", "a/b"};
  static const char *const forbidden[] = {
      "Connection", "keep-alive", "TRANSFER-ENCODING", "upgrade", "host",
      "proxy-connection", "http2-settings", "proxy-authorization", "proxy-authenticate",
  };
  handle fields = fields_new();
  text value = text_of("v");
  for (size_t at = 0; at < sizeof no_names / sizeof *no_names; at++) {
    CHECK(append_of(fields, no_names[at], value) == INVALID_SYNTAX);
    CHECK(set_of(fields, no_names[at], &value, 1) == INVALID_SYNTAX);
    CHECK(delete_of(fields, no_names[at]) == INVALID_SYNTAX);
    CHECK(count_of(fields, no_names[at]) == 0);
    CHECK(!fields_has(fields, no_names[at], strlen(no_names[at])));
  }
  for (size_t at = 0; at < sizeof forbidden / sizeof *forbidden; at++) {
    CHECK(append_of(fields, forbidden[at], value) == FORBIDDEN);
    CHECK(set_of(fields, forbidden[at], &value, 1) == FORBIDDEN);
    CHECK(delete_of(fields, forbidden[at]) == FORBIDDEN);
  }
  static const char *const no_values[] = {"a\r\nb: c", "a\nb", "a\rb", "a\x7f", "\x01"};
  for (size_t at = 0; at < sizeof no_values / sizeof *no_values; at++)
    CHECK(append_of(fields, "x", text_of(no_values[at])) == INVALID_SYNTAX);
  CHECK(append_of(fields, "x", (text){"a\0b", 3}) == INVALID_SYNTAX);
  // One bad value leaves what was there.
  CHECK(append_of(fields, "x", value) == -1);
  text mixed[] = {text_of("good"), text_of("b\nad")};
  CHECK(set_of(fields, "x", mixed, 2) == INVALID_SYNTAX);
  CHECK(same(header_of(fields, "x"), "v"));
  // A list that is full stays what it was.
  static text many[500];
  for (size_t at = 0; at < 500; at++) many[at] = text_of("");
  CHECK(set_of(fields, "y", many, 500) == -1 && count_of(fields, "y") == 500);
  CHECK(set_of(fields, "x", many, 500) == FORBIDDEN);
  CHECK(same(header_of(fields, "x"), "v") && count_of(fields, "x") == 1);
  CHECK(delete_of(fields, "y") == -1 && set_of(fields, "x", many, 500) == -1);
  // What trailers are announced and asked for with.
  CHECK(append_of(fields, "Trailer", text_of("x-after")) == -1);
  CHECK(append_of(fields, "te", text_of("trailers")) == -1);
  fields_drop(fields);
}

static void from_lists(void) {
  struct made made;
  struct field good[] = {
      {text_of("A"), text_of("1")}, {text_of("b"), text_of("2")}, {text_of("a"), text_of("3")}
  };
  fields_from(good, 3, &made);
  CHECK(!made.failed && count_of(made.value, "a") == 2);
  CHECK(append_of(made.value, "c", text_of("4")) == -1);
  fields_drop(made.value);
  struct field bad[] = {{text_of("a"), text_of("1")}, {text_of("b\n"), text_of("2")}};
  fields_from(bad, 2, &made);
  CHECK(made.failed && (made.value & 0xff) == INVALID_SYNTAX);
  struct field banned[] = {{text_of("host"), text_of("evil.example")}};
  fields_from(banned, 1, &made);
  CHECK(made.failed && (made.value & 0xff) == FORBIDDEN);
  fields_from(banned, 0, &made);
  CHECK(!made.failed);
  fields_drop(made.value);
}

static void immutable_ones(handle request) {
  handle given = request_headers(request);
  text value = text_of("v");
  CHECK(same(header_of(given, "X-Given"), "yes"));
  CHECK(append_of(given, "x", value) == IMMUTABLE);
  CHECK(set_of(given, "x-given", &value, 1) == IMMUTABLE);
  CHECK(delete_of(given, "x-given") == IMMUTABLE);
  handle copy = fields_clone(given);
  CHECK(append_of(copy, "x", value) == -1 && delete_of(copy, "x-given") == -1);
  CHECK(fields_has(given, NAMED("x-given")));
  fields_drop(copy);
  fields_drop(given);

  handle headers = fields_new();
  append(headers, "x-mine", value);
  handle sent = sent_new(headers);
  handle view = sent_headers(sent);
  CHECK(append_of(view, "x", value) == IMMUTABLE && same(header_of(view, "x-mine"), "v"));
  fields_drop(view);
  sent_drop(sent);
  handle response = response_new(fields_new());
  view = response_headers(response);
  CHECK(append_of(view, "x", value) == IMMUTABLE);
  fields_drop(view);
  response_drop(response);
}

HANDLER
void handle_request(handle request, handle out) {
  mutable_ones();
  refused_ones();
  from_lists();
  immutable_ones(request);
  request_drop(request);
  tell(out);
}
