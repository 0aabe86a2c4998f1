// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// Answers that are none, each by the path of its name: what a handler must not do, or may do and should not.
#include "http.h"

IMPORT("wasi:cli/exit@0.2.12", "exit") _Noreturn void leave(uint32_t);

static char page[64 * 1024];
static int requests;

static struct answer head(handle out) { return begin(out, 200, fields_new()); }

static void trap_before_answer(handle request, handle out) {
  (void)request, (void)out;
  __builtin_trap();
}

static void trap_within_answer(handle request, handle out) {
  (void)request;
  struct answer answer = head(out);
  MUST(write_all(answer.stream, text_of("half")));
  __builtin_trap();
}

static void trap_after_answer(handle request, handle out) {
  (void)request;
  plain(out, 200, text_of("all of it"));
  __builtin_trap();
}

static void loop_before_answer(handle request, handle out) {
  (void)request, (void)out;
  for (volatile int spin = 0;; spin++) continue;
}

static void loop_within_answer(handle request, handle out) {
  struct answer answer = head(out);
  MUST(write_all(answer.stream, text_of("half")));
  loop_before_answer(request, out);
}

// Returns, and has neither answered nor dropped its chance to.
static void no_answer(handle request, handle out) { (void)request, (void)out; }

static void drop_outparam(handle request, handle out) {
  (void)request;
  outparam_drop(out);
}

static void answer_twice(handle request, handle out) {
  (void)request;
  respond(out, response_new(fields_new()));
  respond(out, response_new(fields_new()));
}

// internal-error("secret"), whose words are for nobody else.
static void error_answer(handle request, handle out) {
  (void)request;
  static const char secret[] = "secret";
  outparam_set(out, 1, 38, 1, (uint64_t)(uintptr_t)secret, sizeof secret - 1, 0, 0, 0);
}

static void unknown_error(handle request, handle out) {
  (void)request;
  outparam_set(out, 1, 200, 0, 0, 0, 0, 0, 0);
}

static void exit_before_answer(handle request, handle out) {
  (void)request, (void)out;
  leave(1);
}

static void exit_within_answer(handle request, handle out) {
  (void)request;
  struct answer answer = head(out);
  MUST(write_all(answer.stream, text_of("half")));
  leave(0);
}

static void endless_body(handle request, handle out) {
  (void)request;
  struct answer answer = head(out);
  while (write_all(answer.stream, (text){page, sizeof page})) continue;
  end(answer, -1);
}

static void endless_bytes(handle request, handle out) {
  (void)request;
  struct answer answer = head(out);
  while (write_all(answer.stream, text_of("x"))) continue;
  end(answer, -1);
}

// Bodies that are dropped, or never finished.
static void drop_body(handle request, handle out) {
  (void)request;
  struct answer answer = head(out);
  MUST(write_all(answer.stream, text_of("half")));
  output_drop(answer.stream);
  out_drop(answer.body);
}

static void leave_body(handle request, handle out) {
  (void)request;
  struct answer answer = head(out);
  MUST(write_all(answer.stream, text_of("half")));
}

static void drop_body_before_stream(handle request, handle out) {
  (void)request;
  out_drop(head(out).body);
}

static void finish_body_before_stream(handle request, handle out) {
  (void)request;
  struct finished done;
  out_finish(head(out).body, 0, 0, &done);
}

static void finish_input_before_stream(handle request, handle out) {
  (void)out;
  struct made body, stream;
  request_consume(request, &body);
  in_stream(body.value, &stream);
  in_finish(body.value);
}

static void drop_request_before_headers(handle request, handle out) {
  (void)out;
  request_headers(request);
  request_drop(request);
}

static void drop_twice(handle request, handle out) {
  (void)out;
  request_drop(request);
  request_drop(request);
}

static void wrong_type(handle request, handle out) {
  (void)request;
  respond(out, out);
}

static void unknown_handle(handle request, handle out) {
  (void)request;
  respond(out, 12345);
}

// Writes more than a stream takes before it is known where it goes, and waits for it to be taken.
static void wait_before_head(handle request, handle out) {
  (void)request, (void)out;
  struct made body, stream;
  handle response = response_new(fields_new());
  response_body(response, &body);
  out_write(body.value, &stream);
  for (int round = 0; round < 300; round++)
    if (!write_all(stream.value, (text){page, 4096})) break;
}

static void huge_head(handle request, handle out) {
  (void)request;
  handle headers = fields_new();
  struct changed done;
  memset(page, 'h', sizeof page);
  do fields_append(headers, "x-huge", 6, page, 4096, &done);
  while (!done.failed);
  respond(out, response_new(headers));
}

static void many_fields(handle request, handle out) {
  (void)request;
  handle headers = fields_new();
  struct changed done;
  do fields_append(headers, "x", 1, "y", 1, &done);
  while (!done.failed);
  respond(out, response_new(headers));
}

// Lengths that say two things, or nothing.
static void two_lengths(handle request, handle out) {
  (void)request;
  handle headers = fields_new();
  append(headers, "content-length", text_of("4"));
  append(headers, "Content-Length", text_of("40"));
  begin(out, 200, headers);
}

static void no_length(handle request, handle out) {
  (void)request;
  handle headers = fields_new();
  append(headers, "content-length", text_of("+4"));
  respond(out, response_new(headers));
}

static void leak_resources(handle request, handle out) {
  for (int round = 0; round < 1000; round++) {
    fields_new();
    request_headers(request);
    options_new();
  }
  plain(out, 200, text_of("leaked"));
}

static void endless_resources(handle request, handle out) {
  (void)request, (void)out;
  for (;;) fields_new();
}

static void endless_memory(handle request, handle out) {
  (void)request, (void)out;
  for (;;) {
    char *volatile taken = malloc(1 << 20);
    MUST(taken != 0);
  }
}

// How many requests this instance was given.
static void count(handle request, handle out) {
  (void)request;
  page[0] = (char)('0' + requests % 10);
  plain(out, 200, (text){page, 1});
}

struct path {
  const char *name;
  void (*act)(handle, handle);
};

#define PATH(act) {#act, act}

static const struct path paths[] = {
    PATH(trap_before_answer), PATH(trap_within_answer), PATH(trap_after_answer),
    PATH(loop_before_answer), PATH(loop_within_answer), PATH(no_answer), PATH(drop_outparam),
    PATH(answer_twice), PATH(error_answer), PATH(unknown_error), PATH(exit_before_answer),
    PATH(exit_within_answer), PATH(endless_body), PATH(endless_bytes), PATH(drop_body),
    PATH(leave_body), PATH(drop_body_before_stream), PATH(finish_body_before_stream),
    PATH(finish_input_before_stream), PATH(drop_request_before_headers), PATH(drop_twice),
    PATH(wrong_type), PATH(unknown_handle), PATH(wait_before_head), PATH(huge_head),
    PATH(many_fields), PATH(two_lengths), PATH(no_length), PATH(leak_resources),
    PATH(endless_resources), PATH(endless_memory), PATH(count),
};

HANDLER
void handle_request(handle request, handle out) {
  struct target target = target_of(request);
  requests++;
  for (size_t at = 0; at < sizeof paths / sizeof *paths; at++) {
    const char *name = paths[at].name;
    if (target.path.bytes != strlen(name) + 1) continue;
    if (memcmp(target.path.at + 1, name, strlen(name)) == 0) return paths[at].act(request, out);
  }
  plain(out, 404, text_of("nothing here"));
}
