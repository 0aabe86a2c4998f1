// wasi:http 0.2 by hand, for components that answer requests: the imports, and what most guests do with them.
#pragma once
#include "../real/abi.h"

#define TYPES(name) IMPORT("wasi:http/types@0.2.12", name)
#define STREAMS(name) IMPORT("wasi:io/streams@0.2.12", name)
#define POLL(name) IMPORT("wasi:io/poll@0.2.12", name)

typedef int32_t handle;

// result<own>, result<own, header-error>
struct made {
  uint8_t failed;
  handle value;
};

// result<_, header-error>
struct changed {
  uint8_t failed, why;
};
enum { INVALID_SYNTAX, FORBIDDEN, IMMUTABLE };

// error-code: its case; of those with an option<u64>, whether there is one, and it
struct error {
  uint8_t code;
  struct {
    uint8_t some;
    uint64_t value;
    uint64_t more[1];
  } size __attribute__((aligned(8)));
};

// result<_, error-code>
struct finished {
  uint8_t failed;
  _Alignas(8) struct error why;
};

// result<future-incoming-response, error-code>
struct handled {
  uint8_t failed;
  _Alignas(8) union {
    handle future;
    struct error why;
  };
};

// option<result<result<…, error-code>>>
struct future {
  uint8_t ready;
  _Alignas(8) uint8_t taken;
  _Alignas(8) uint8_t failed;
  _Alignas(8) union {
    handle response;
    struct {
      uint8_t some;
      handle fields;
    } trailers;
    struct error why;
  };
};

// option<error-code>
struct maybe_error {
  uint8_t some;
  _Alignas(8) struct error why;
};

// result<list<u8>, stream-error>
struct bytes_read {
  uint8_t failed;
  union {
    text bytes;
    struct {
      uint8_t closed;
      handle error;
    };
  };
};

// result<_, stream-error>
struct written {
  uint8_t failed;
  uint8_t closed __attribute__((aligned(4)));
  handle error;
};

// result<u64, stream-error>
struct room {
  uint8_t failed;
  _Alignas(8) union {
    uint64_t bytes;
    struct {
      uint8_t closed;
      handle error;
    };
  };
};

// method, option<string>
struct text_case {
  uint8_t tag;
  text value;
};

// option<scheme>
struct scheme {
  uint8_t some;
  uint8_t tag __attribute__((aligned(4)));
  text value;
};

// option<duration>
struct duration {
  uint8_t some;
  uint64_t ns;
};

struct field {
  text name, value;
};

TYPES("[constructor]fields") handle fields_new(void);
TYPES("[static]fields.from-list") void fields_from(const struct field *, size_t, struct made *);
TYPES("[method]fields.get") void fields_get(handle, const char *, size_t, list *);
TYPES("[method]fields.has") int32_t fields_has(handle, const char *, size_t);
TYPES("[method]fields.set")
void fields_set(handle, const char *, size_t, const text *, size_t, struct changed *);
TYPES("[method]fields.delete") void fields_delete(handle, const char *, size_t, struct changed *);
TYPES("[method]fields.append")
void fields_append(handle, const char *, size_t, const char *, size_t, struct changed *);
TYPES("[method]fields.entries") void fields_entries(handle, list *);
TYPES("[method]fields.clone") handle fields_clone(handle);
TYPES("[resource-drop]fields") void fields_drop(handle);

TYPES("[method]incoming-request.method") void request_method(handle, struct text_case *);
TYPES("[method]incoming-request.path-with-query") void request_path(handle, struct text_case *);
TYPES("[method]incoming-request.scheme") void request_scheme(handle, struct scheme *);
TYPES("[method]incoming-request.authority") void request_authority(handle, struct text_case *);
TYPES("[method]incoming-request.headers") handle request_headers(handle);
TYPES("[method]incoming-request.consume") void request_consume(handle, struct made *);
TYPES("[resource-drop]incoming-request") void request_drop(handle);

TYPES("[constructor]outgoing-request") handle sent_new(handle);
TYPES("[method]outgoing-request.body") void sent_body(handle, struct made *);
TYPES("[method]outgoing-request.method") void sent_method(handle, struct text_case *);
TYPES("[method]outgoing-request.set-method")
int32_t sent_set_method(handle, uint32_t, const char *, size_t);
TYPES("[method]outgoing-request.path-with-query") void sent_path(handle, struct text_case *);
TYPES("[method]outgoing-request.set-path-with-query")
int32_t sent_set_path(handle, uint32_t, const char *, size_t);
TYPES("[method]outgoing-request.scheme") void sent_scheme(handle, struct scheme *);
TYPES("[method]outgoing-request.set-scheme")
int32_t sent_set_scheme(handle, uint32_t, uint32_t, const char *, size_t);
TYPES("[method]outgoing-request.authority") void sent_authority(handle, struct text_case *);
TYPES("[method]outgoing-request.set-authority")
int32_t sent_set_authority(handle, uint32_t, const char *, size_t);
TYPES("[method]outgoing-request.headers") handle sent_headers(handle);
TYPES("[resource-drop]outgoing-request") void sent_drop(handle);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle")
void send_request(handle, uint32_t, handle, struct handled *);

TYPES("[constructor]request-options") handle options_new(void);
TYPES("[method]request-options.connect-timeout") void options_connect(handle, struct duration *);
TYPES("[method]request-options.set-connect-timeout")
int32_t options_set_connect(handle, uint32_t, uint64_t);
TYPES("[method]request-options.first-byte-timeout") void options_first(handle, struct duration *);
TYPES("[method]request-options.set-first-byte-timeout")
int32_t options_set_first(handle, uint32_t, uint64_t);
TYPES("[method]request-options.between-bytes-timeout") void options_between(handle, struct duration *);
TYPES("[method]request-options.set-between-bytes-timeout")
int32_t options_set_between(handle, uint32_t, uint64_t);
TYPES("[resource-drop]request-options") void options_drop(handle);

TYPES("[method]future-incoming-response.subscribe") handle future_subscribe(handle);
TYPES("[method]future-incoming-response.get") void future_get(handle, struct future *);
TYPES("[resource-drop]future-incoming-response") void future_drop(handle);
TYPES("[method]incoming-response.status") int32_t received_status(handle);
TYPES("[method]incoming-response.headers") handle received_headers(handle);
TYPES("[method]incoming-response.consume") void received_consume(handle, struct made *);
TYPES("[resource-drop]incoming-response") void received_drop(handle);

TYPES("[method]incoming-body.stream") void in_stream(handle, struct made *);
TYPES("[static]incoming-body.finish") handle in_finish(handle);
TYPES("[resource-drop]incoming-body") void in_drop(handle);
TYPES("[method]future-trailers.subscribe") handle trailers_subscribe(handle);
TYPES("[method]future-trailers.get") void trailers_get(handle, struct future *);
TYPES("[resource-drop]future-trailers") void trailers_drop(handle);

TYPES("[constructor]outgoing-response") handle response_new(handle);
TYPES("[method]outgoing-response.status-code") int32_t response_status(handle);
TYPES("[method]outgoing-response.set-status-code") int32_t response_set_status(handle, uint32_t);
TYPES("[method]outgoing-response.headers") handle response_headers(handle);
TYPES("[method]outgoing-response.body") void response_body(handle, struct made *);
TYPES("[resource-drop]outgoing-response") void response_drop(handle);
TYPES("[method]outgoing-body.write") void out_write(handle, struct made *);
TYPES("[static]outgoing-body.finish") void out_finish(handle, uint32_t, handle, struct finished *);
TYPES("[resource-drop]outgoing-body") void out_drop(handle);
TYPES("[static]response-outparam.set")
void outparam_set(
    handle, uint32_t, handle, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t
);
TYPES("[resource-drop]response-outparam") void outparam_drop(handle);
TYPES("http-error-code") void http_error_code(handle, struct maybe_error *);

IMPORT("wasi:io/error@0.2.12", "[resource-drop]error") void error_drop(handle);
POLL("[method]pollable.ready") int32_t pollable_ready(handle);
POLL("[method]pollable.block") void pollable_block(handle);
POLL("[resource-drop]pollable") void pollable_drop(handle);
STREAMS("[method]input-stream.read") void stream_read(handle, uint64_t, struct bytes_read *);
STREAMS("[method]input-stream.blocking-read")
void stream_blocking_read(handle, uint64_t, struct bytes_read *);
STREAMS("[method]input-stream.subscribe") handle input_subscribe(handle);
STREAMS("[resource-drop]input-stream") void input_drop(handle);
STREAMS("[method]output-stream.check-write") void stream_check(handle, struct room *);
STREAMS("[method]output-stream.write")
void stream_write(handle, const char *, size_t, struct written *);
STREAMS("[method]output-stream.blocking-write-and-flush")
void stream_blocking_write(handle, const char *, size_t, struct written *);
STREAMS("[method]output-stream.flush") void stream_flush(handle, struct written *);
STREAMS("[method]output-stream.blocking-flush") void stream_blocking_flush(handle, struct written *);
STREAMS("[method]output-stream.blocking-splice")
void stream_blocking_splice(handle, handle, uint64_t, struct room *);
STREAMS("[method]output-stream.subscribe") handle output_subscribe(handle);
STREAMS("[resource-drop]output-stream") void output_drop(handle);

#define HANDLER EXPORT("wasi:http/incoming-handler@0.2.12#handle")

#define MUST(is) \
  do { \
    if (!(is)) __builtin_trap(); \
  } while (0)

static inline text text_of(const char *words) { return (text){(char *)words, strlen(words)}; }

static inline int same(text a, const char *words) {
  return a.bytes == strlen(words) && memcmp(a.at, words, a.bytes) == 0;
}

static inline void append(handle fields, const char *name, text value) {
  struct changed done;
  fields_append(fields, name, strlen(name), value.at, value.bytes, &done);
  MUST(!done.failed);
}

static inline void respond(handle out, handle response) {
  outparam_set(out, 0, response, 0, 0, 0, 0, 0, 0);
}

// The request's path without its query, and the query; they live as long as the instance.
struct target {
  text path, query;
};

static inline struct target target_of(handle request) {
  struct text_case found;
  request_path(request, &found);
  MUST(found.tag);
  char *copy = malloc(found.value.bytes + 1);
  MUST(copy != 0);
  memcpy(copy, found.value.at, found.value.bytes);
  copy[found.value.bytes] = 0;
  char *mark = strchr(copy, '?');
  text all = {copy, found.value.bytes};
  if (!mark) return (struct target){all, {copy + all.bytes, 0}};
  return (struct target){
      {copy, (size_t)(mark - copy)}, {mark + 1, (size_t)(copy + all.bytes - mark - 1)}
  };
}

static inline uint64_t number_of(text digits) {
  uint64_t number = 0;
  for (size_t at = 0; at < digits.bytes && digits.at[at] >= '0' && digits.at[at] <= '9'; at++)
    number = number * 10 + (uint64_t)(digits.at[at] - '0');
  return number;
}

// The value of a header, with zero bytes where there is none.
static inline text header_of(handle fields, const char *name) {
  list found;
  fields_get(fields, name, strlen(name), &found);
  return found.items == 0 ? (text){0, 0} : ((text *)found.at)[0];
}

struct answer {
  handle body, stream;
};

// Sends the head of an answer.
static inline struct answer begin(handle out, uint32_t status, handle headers) {
  struct made body, stream;
  handle response = response_new(headers);
  MUST(response_set_status(response, status) == 0);
  response_body(response, &body);
  MUST(!body.failed);
  respond(out, response);
  out_write(body.value, &stream);
  MUST(!stream.failed);
  return (struct answer){body.value, stream.value};
}

// Whether all was written.
static inline int write_all(handle stream, text bytes) {
  struct written done;
  while (bytes.bytes > 0) {
    size_t count = bytes.bytes < 4096 ? bytes.bytes : 4096;
    stream_blocking_write(stream, bytes.at, count, &done);
    if (done.failed) return 0;
    bytes.at += count;
    bytes.bytes -= count;
  }
  return 1;
}

// The end of an answer; trailers -1: none.
static inline int end(struct answer answer, handle trailers) {
  struct finished done;
  output_drop(answer.stream);
  out_finish(answer.body, trailers != -1, trailers == -1 ? 0 : trailers, &done);
  return !done.failed;
}

static inline void plain(handle out, uint32_t status, text body) {
  handle headers = fields_new();
  append(headers, "content-type", text_of("text/plain"));
  struct answer answer = begin(out, status, headers);
  MUST(write_all(answer.stream, body));
  MUST(end(answer, -1));
}
