// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// Answers of every kind, chosen by the path.
#include "http.h"

static char page[256 * 1024];
static size_t filled;
static int requests;

static void put(text words) {
  MUST(filled + words.bytes <= sizeof page);
  memcpy(page + filled, words.at, words.bytes);
  filled += words.bytes;
}

static void line(const char *name, text value) {
  put(text_of(name));
  put(text_of("="));
  put(value);
  put(text_of("\n"));
}

// All that a request says of itself.
static void about(handle request, handle out) {
  static const char *const methods[] = {
      "get", "head", "post", "put", "delete", "connect", "options", "trace", "patch",
  };
  struct text_case found;
  struct scheme scheme;
  list entries;
  request_method(request, &found);
  line("method", found.tag < 9 ? text_of(methods[found.tag]) : found.value);
  request_scheme(request, &scheme);
  MUST(scheme.some);
  line("scheme", scheme.tag == 0 ? text_of("HTTP") : scheme.tag == 1 ? text_of("HTTPS") : scheme.value);
  request_authority(request, &found);
  MUST(found.tag);
  line("authority", found.value);
  request_path(request, &found);
  MUST(found.tag);
  line("path", found.value);
  handle headers = request_headers(request);
  fields_entries(headers, &entries);
  for (size_t at = 0; at < entries.items; at++) {
    const struct field *field = (struct field *)entries.at + at;
    put(text_of("header "));
    put(field->name);
    put(text_of("="));
    put(field->value);
    put(text_of("\n"));
  }
  fields_drop(headers);
  plain(out, 200, (text){page, filled});
}

// Two cookies, a header of bytes that are no ASCII.
static void cookies(handle out) {
  handle headers = fields_new();
  append(headers, "Set-Cookie", text_of("a=1; Path=/"));
  append(headers, "set-cookie", text_of("b=2"));
  append(headers, "X-Word", text_of("Gr\xc3\xbc\xc3\x9f" "e"));
  struct answer answer = begin(out, 200, headers);
  MUST(write_all(answer.stream, text_of("cookies")));
  MUST(end(answer, -1));
}

// One trailer that passes on, one that must not.
static void trailers(handle out) {
  handle after = fields_new();
  struct answer answer = begin(out, 200, fields_new());
  MUST(write_all(answer.stream, text_of("body")));
  append(after, "X-Checksum", text_of("abc"));
  append(after, "content-length", text_of("4"));
  MUST(end(answer, after));
}

// `declared,written`: how long the body is said to be, and how long it is.
static void lengths(handle out, text query) {
  char *comma = memchr(query.at, ',', query.bytes);
  MUST(comma != 0);
  size_t declared = (size_t)(comma - query.at), written = number_of((text){comma + 1, query.bytes});
  handle headers = fields_new();
  append(headers, "content-length", (text){query.at, declared});
  MUST(written <= sizeof page);
  memset(page, 'x', written);
  struct answer answer = begin(out, 200, headers);
  write_all(answer.stream, (text){page, written});
  end(answer, -1);
}

// A head alone: a response whose body was never asked for.
static void bare(handle out) {
  handle headers = fields_new();
  append(headers, "x-bare", text_of("yes"));
  respond(out, response_new(headers));
}

HANDLER
void handle_request(handle request, handle out) {
  struct target target = target_of(request);
  requests++;
  filled = 0;
  if (same(target.path, "/about")) about(request, out);
  else if (same(target.path, "/cookies")) cookies(out);
  else if (same(target.path, "/trailers")) trailers(out);
  else if (same(target.path, "/lengths")) lengths(out, target.query);
  else if (same(target.path, "/bare")) bare(out);
  else if (same(target.path, "/status")) plain(out, (uint32_t)number_of(target.query), text_of("status"));
  else if (same(target.path, "/count")) {
    MUST(requests < 10);
    page[0] = (char)('0' + requests);
    plain(out, 200, (text){page, 1});
  } else plain(out, 404, text_of("nothing here"));
  request_drop(request);
  over();
}
