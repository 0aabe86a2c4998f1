// build: -mexec-model=reactor
// wasi: io clocks sockets
// Sockets of TCP, each step of them a function: the test says what is done and when.
#include "net.h"

#define CREATE(name) IMPORT("wasi:sockets/tcp-create-socket@0.2.12", name)
#define TCP(name) IMPORT("wasi:sockets/tcp@0.2.12", name)
#define STREAMS(name) IMPORT("wasi:io/streams@0.2.12", name)

// result<tuple<input-stream, output-stream>, error-code>
struct connected {
  uint8_t failed;
  _Alignas(4) union {
    struct {
      handle in, out;
    };
    uint8_t code;
  };
};
// result<tuple<tcp-socket, input-stream, output-stream>, error-code>
struct accepted {
  uint8_t failed;
  _Alignas(4) union {
    struct {
      handle socket, in, out;
    };
    uint8_t code;
  };
};
// result<list<u8>, stream-error>, result<_, stream-error>, result<u64, stream-error>
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
struct written {
  uint8_t failed;
  _Alignas(4) uint8_t closed;
  handle error;
};
struct moved {
  uint8_t failed;
  _Alignas(8) union {
    uint64_t bytes;
    struct {
      uint8_t closed;
      handle error;
    };
  };
};

CREATE("create-tcp-socket") void create_tcp(uint32_t, struct opened *);
TCP("[method]tcp-socket.start-bind") void start_bind(handle, handle, FLAT_ADDRESS, struct done *);
TCP("[method]tcp-socket.finish-bind") void finish_bind(handle, struct done *);
TCP("[method]tcp-socket.start-connect")
void start_connect(handle, handle, FLAT_ADDRESS, struct done *);
TCP("[method]tcp-socket.finish-connect") void finish_connect(handle, struct connected *);
TCP("[method]tcp-socket.start-listen") void start_listen(handle, struct done *);
TCP("[method]tcp-socket.finish-listen") void finish_listen(handle, struct done *);
TCP("[method]tcp-socket.accept") void accept_one(handle, struct accepted *);
TCP("[method]tcp-socket.local-address") void local_address(handle, struct whose *);
TCP("[method]tcp-socket.remote-address") void remote_address(handle, struct whose *);
TCP("[method]tcp-socket.is-listening") int32_t is_listening(handle);
TCP("[method]tcp-socket.set-keep-alive-enabled") void keep_alive(handle, int32_t, struct done *);
TCP("[method]tcp-socket.keep-alive-enabled") void is_kept(handle, struct small *);
TCP("[method]tcp-socket.set-hop-limit") void set_hops(handle, int32_t, struct done *);
TCP("[method]tcp-socket.hop-limit") void hops(handle, struct small *);
TCP("[method]tcp-socket.set-receive-buffer-size")
void set_buffer(handle, uint64_t, struct done *);
TCP("[method]tcp-socket.receive-buffer-size") void buffer(handle, struct number *);
TCP("[method]tcp-socket.subscribe") handle subscribe(handle);
TCP("[method]tcp-socket.shutdown") void shut_down(handle, uint32_t, struct done *);
TCP("[resource-drop]tcp-socket") void socket_drop(handle);
STREAMS("[method]input-stream.blocking-read")
void blocking_read(handle, uint64_t, struct bytes_read *);
STREAMS("[method]input-stream.read") void read_now(handle, uint64_t, struct bytes_read *);
STREAMS("[method]input-stream.subscribe") handle input_ready(handle);
STREAMS("[resource-drop]input-stream") void input_drop(handle);
STREAMS("[method]output-stream.blocking-write-and-flush")
void blocking_write(handle, const char *, size_t, struct written *);
STREAMS("[method]output-stream.check-write") void check_write(handle, struct moved *);
STREAMS("[method]output-stream.write") void write_now(handle, const char *, size_t, struct written *);
STREAMS("[method]output-stream.flush") void flush_now(handle, struct written *);
STREAMS("[method]output-stream.subscribe") handle output_ready(handle);
STREAMS("[method]output-stream.blocking-splice")
void blocking_splice(handle, handle, uint64_t, struct moved *);
STREAMS("[resource-drop]output-stream") void output_drop(handle);
IMPORT("wasi:io/error@0.2.12", "[resource-drop]error") void error_drop(handle);

// The sockets of the test, by number.
enum { SLOTS = 600 };
static struct slot {
  handle socket, in, out;
} slots[SLOTS];
static uint32_t next;

static handle network(void) {
  static handle it;
  return it ? it : (it = instance_network());
}

static struct given *created(uint32_t family, struct slot **made) {
  struct opened it;
  create_tcp(family, &it);
  if (it.failed) return fail(it.code);
  *made = &slots[next];
  **made = (struct slot){.socket = it.it};
  return value(next++);
}

static struct given *stream_failure(uint8_t closed, handle error) {
  if (!closed) error_drop(error);
  return failure(closed ? "closed" : "failed");
}

EXPORT("create") struct given *create(uint32_t is_v6) {
  struct slot *made;
  return created(is_v6, &made);
}

EXPORT("start-bind")
struct given *do_start_bind(uint32_t at, uint16_t *part, size_t parts, uint32_t port) {
  struct flat a = flat_of(part, parts, port);
  struct done done;
  start_bind(slots[at].socket, network(), FLAT(a), &done);
  return done.failed ? fail(done.code) : value(0);
}

// Drops a socket while it is being bound.
EXPORT("abandon-bind")
struct given *abandon_bind(uint16_t *part, size_t parts, uint32_t port) {
  struct opened it;
  create_tcp(parts == 8, &it);
  if (it.failed) return fail(it.code);
  struct flat a = flat_of(part, parts, port);
  struct done done;
  start_bind(it.it, network(), FLAT(a), &done);
  socket_drop(it.it);
  return done.failed ? fail(done.code) : value(0);
}

EXPORT("finish-bind") struct given *do_finish_bind(uint32_t at) {
  struct done done;
  finish_bind(slots[at].socket, &done);
  return done.failed ? fail(done.code) : value(0);
}

EXPORT("start-connect")
struct given *do_start_connect(uint32_t at, uint16_t *part, size_t parts, uint32_t port) {
  struct flat a = flat_of(part, parts, port);
  struct done done;
  start_connect(slots[at].socket, network(), FLAT(a), &done);
  return done.failed ? fail(done.code) : value(0);
}

EXPORT("finish-connect") struct given *do_finish_connect(uint32_t at) {
  struct connected made;
  finish_connect(slots[at].socket, &made);
  if (made.failed) return fail(made.code);
  slots[at].in = made.in;
  slots[at].out = made.out;
  return value(0);
}

EXPORT("start-listen") struct given *do_start_listen(uint32_t at) {
  struct done done;
  start_listen(slots[at].socket, &done);
  return done.failed ? fail(done.code) : value(0);
}

EXPORT("finish-listen") struct given *do_finish_listen(uint32_t at) {
  struct done done;
  finish_listen(slots[at].socket, &done);
  return done.failed ? fail(done.code) : value(0);
}

// Until what was started can be finished, or a connection accepted.
EXPORT("await") void await(uint32_t at) { block(subscribe(slots[at].socket)); }
EXPORT("is-ready") uint32_t is_ready(uint32_t at) {
  handle pollable = subscribe(slots[at].socket);
  uint32_t is = pollable_ready(pollable);
  pollable_drop(pollable);
  return is;
}

EXPORT("accept") struct given *do_accept(uint32_t at) {
  struct accepted made;
  accept_one(slots[at].socket, &made);
  if (made.failed) return fail(made.code);
  slots[next] = (struct slot){made.socket, made.in, made.out};
  return value(next++);
}

EXPORT("local-port") struct given *local_port(uint32_t at) {
  struct whose found;
  local_address(slots[at].socket, &found);
  return found.failed ? fail(found.code) : value(port_of(&found.address));
}

EXPORT("remote-port") struct given *remote_port(uint32_t at) {
  struct whose found;
  remote_address(slots[at].socket, &found);
  return found.failed ? fail(found.code) : value(port_of(&found.address));
}

EXPORT("listening") uint32_t listening(uint32_t at) { return is_listening(slots[at].socket); }

// Sets options, and gives what they are then, as bytes: kept alive, hops, whether a buffer is there.
EXPORT("options") struct given *options(uint32_t at) {
  static uint8_t found[3];
  struct done done;
  keep_alive(slots[at].socket, 1, &done);
  if (done.failed) return fail(done.code);
  set_hops(slots[at].socket, 7, &done);
  if (done.failed) return fail(done.code);
  set_buffer(slots[at].socket, 65536, &done);
  if (done.failed) return fail(done.code);
  struct small kept, limit;
  struct number size;
  is_kept(slots[at].socket, &kept);
  hops(slots[at].socket, &limit);
  buffer(slots[at].socket, &size);
  found[0] = kept.value;
  found[1] = limit.value;
  found[2] = !size.failed && size.value > 0;
  return bytes(found, 3);
}

// Bind, listen and connect in one, waiting.
EXPORT("listen")
struct given *listen_on(uint16_t *part, size_t parts, uint32_t port) {
  struct slot *made = 0;
  struct given *number = created(parts == 8, &made);
  if (number->failed) return number;
  uint32_t at = number->value;
  struct given *is = do_start_bind(at, part, parts, port);
  if (is->failed) return is;
  await(at);
  if ((is = do_finish_bind(at))->failed) return is;
  if ((is = do_start_listen(at))->failed) return is;
  await(at);
  if ((is = do_finish_listen(at))->failed) return is;
  return value(at);
}

EXPORT("connect")
struct given *connect_to(uint16_t *part, size_t parts, uint32_t port) {
  struct slot *made = 0;
  struct given *number = created(parts == 8, &made);
  if (number->failed) return number;
  uint32_t at = number->value;
  struct given *is = do_start_connect(at, part, parts, port);
  if (is->failed) return is;
  await(at);
  if ((is = do_finish_connect(at))->failed) return is;
  return value(at);
}

EXPORT("send") struct given *do_send(uint32_t at, const char *from, size_t count) {
  for (size_t sent = 0; sent < count;) {
    size_t part = count - sent < 4096 ? count - sent : 4096;
    struct written done;
    blocking_write(slots[at].out, from + sent, part, &done);
    if (done.failed) return stream_failure(done.closed, done.error);
    sent += part;
  }
  return value(count);
}

EXPORT("receive") struct given *receive(uint32_t at, uint32_t max) {
  struct bytes_read found;
  blocking_read(slots[at].in, max, &found);
  if (found.failed) return stream_failure(found.closed, found.error);
  return bytes(found.bytes.at, found.bytes.bytes);
}

EXPORT("receive-now") struct given *receive_now(uint32_t at, uint32_t max) {
  struct bytes_read found;
  read_now(slots[at].in, max, &found);
  if (found.failed) return stream_failure(found.closed, found.error);
  return bytes(found.bytes.at, found.bytes.bytes);
}

// As much as may be sent without waiting, until there is no room.
EXPORT("flood") struct given *flood(uint32_t at) {
  static char block_of[65536];
  uint32_t sent = 0;
  for (;;) {
    struct moved room;
    check_write(slots[at].out, &room);
    if (room.failed) return stream_failure(room.closed, room.error);
    if (room.bytes == 0) return value(sent);
    size_t part = room.bytes < sizeof block_of ? room.bytes : sizeof block_of;
    struct written done;
    write_now(slots[at].out, block_of, part, &done);
    if (done.failed) return stream_failure(done.closed, done.error);
    sent += part;
  }
}

// Single bytes, at most so many, as long as check-write has room for them; gives how many.
EXPORT("write-singly") struct given *write_singly(uint32_t at, uint32_t count) {
  for (uint32_t sent = 0; sent < count; sent++) {
    struct moved room;
    check_write(slots[at].out, &room);
    if (room.failed) return stream_failure(room.closed, room.error);
    if (room.bytes == 0) return value(sent);
    char byte = 'a' + sent % 26;
    struct written done;
    write_now(slots[at].out, &byte, 1, &done);
    if (done.failed) return stream_failure(done.closed, done.error);
  }
  return value(count);
}

EXPORT("flush") struct given *do_flush(uint32_t at) {
  struct written done;
  flush_now(slots[at].out, &done);
  return done.failed ? stream_failure(done.closed, done.error) : value(0);
}

// Sends back what comes, to the end.
EXPORT("echo") struct given *echo(uint32_t at) {
  uint32_t all = 0;
  for (;;) {
    struct moved done;
    blocking_splice(slots[at].out, slots[at].in, 65536, &done);
    if (done.failed) {
      if (!done.closed) return stream_failure(done.closed, done.error);
      return value(all);
    }
    all += done.bytes;
  }
}

EXPORT("shutdown") struct given *do_shutdown(uint32_t at, uint32_t how) {
  struct done done;
  shut_down(slots[at].socket, how, &done);
  return done.failed ? fail(done.code) : value(0);
}

// Its streams must not outlive it, nor it them: any order is fine.
EXPORT("drop") void drop(uint32_t at) {
  if (slots[at].in) input_drop(slots[at].in);
  socket_drop(slots[at].socket);
  if (slots[at].out) output_drop(slots[at].out);
  slots[at] = (struct slot){0};
}

// Leaves pollables behind, of the socket and of its streams.
EXPORT("leave-pollables") void leave_pollables(uint32_t at, uint32_t count) {
  while (count-- > 0) {
    subscribe(slots[at].socket);
    if (slots[at].in) input_ready(slots[at].in);
    if (slots[at].out) output_ready(slots[at].out);
  }
}

POST("create")
POST("start-bind")
POST("abandon-bind")
POST("finish-bind")
POST("start-connect")
POST("finish-connect")
POST("start-listen")
POST("finish-listen")
POST("accept")
POST("local-port")
POST("remote-port")
POST("options")
POST("listen")
POST("connect")
POST("send")
POST("receive")
POST("receive-now")
POST("flood")
POST("write-singly")
POST("flush")
POST("echo")
POST("shutdown")
