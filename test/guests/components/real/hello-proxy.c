// build: -nostdlib -Wl,--no-entry
// wasi: http io clocks random cli filesystem sockets
// Answers every request of HTTP with one header and one line of text: the least that a component of
// wasi:http/proxy can do, its canonical ABI written by hand.
#include <stddef.h>
#include <stdint.h>

#define TYPES(name) __attribute__((import_module("wasi:http/types@0.2.12"), import_name(name)))
#define STREAMS(name) __attribute__((import_module("wasi:io/streams@0.2.12"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

typedef int32_t handle;

struct answer {
  uint8_t failed;
  handle made;
};

struct stream_answer {
  uint8_t failed, closed;
  handle error;
};

TYPES("[constructor]fields") handle fields(void);
TYPES("[method]fields.append")
void append(handle, const char *name, size_t name_bytes, const char *value, size_t value_bytes, struct answer *);
TYPES("[constructor]outgoing-response") handle outgoing_response(handle headers);
TYPES("[method]outgoing-response.body") void body_of(handle, struct answer *);
TYPES("[method]outgoing-body.write") void write_of(handle, struct answer *);
TYPES("[static]outgoing-body.finish") void finish(handle body, uint32_t some, handle trailers, void *answer);
TYPES("[static]response-outparam.set")
void set(handle out, uint32_t failed, handle response, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
TYPES("[resource-drop]incoming-request") void drop_request(handle);
STREAMS("[method]output-stream.blocking-write-and-flush")
void blocking_write(handle, const char *at, size_t bytes, struct stream_answer *);
STREAMS("[resource-drop]output-stream") void drop_stream(handle);

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_bytes, size_t align, size_t bytes) {
  (void)old, (void)old_bytes, (void)align, (void)bytes;
  // Nothing that it imports gives a text or a list, but for the details of a failure.
  __builtin_trap();
}

EXPORT("wasi:http/incoming-handler@0.2.12#handle")
void handle_request(handle request, handle out) {
  static const char name[] = "content-type", type[] = "text/plain", line[] = "Hello from a component!\n";
  struct answer body, stream, done;
  struct stream_answer written;
  // The error codes of the last call take more room than its answer needs here.
  _Alignas(8) unsigned char finished[64];
  drop_request(request);
  handle headers = fields();
  append(headers, name, sizeof name - 1, type, sizeof type - 1, &done);
  handle response = outgoing_response(headers);
  body_of(response, &body);
  set(out, 0, response, 0, 0, 0, 0, 0, 0);
  if (done.failed || body.failed) __builtin_trap();
  write_of(body.made, &stream);
  if (stream.failed) __builtin_trap();
  blocking_write(stream.made, line, sizeof line - 1, &written);
  drop_stream(stream.made);
  finish(body.made, 0, 0, finished);
}
