// build: -mexec-model=reactor
// wasi: io clocks sockets
// Sockets of UDP, each step of them a function: the test says what is done and when.
#include "net.h"

#define CREATE(name) IMPORT("wasi:sockets/udp-create-socket@0.2.12", name)
#define UDP(name) IMPORT("wasi:sockets/udp@0.2.12", name)

// result<tuple<incoming-datagram-stream, outgoing-datagram-stream>, error-code>
struct streams {
  uint8_t failed;
  _Alignas(4) union {
    struct {
      handle in, out;
    };
    uint8_t code;
  };
};
struct incoming {
  text data;
  struct address from;
};
struct outgoing {
  text data;
  uint8_t has_peer;
  _Alignas(4) struct address to;
};
// result<list<incoming-datagram>, error-code>
struct received {
  uint8_t failed;
  _Alignas(4) union {
    list datagrams;
    uint8_t code;
  };
};

CREATE("create-udp-socket") void create_udp(uint32_t, struct opened *);
UDP("[method]udp-socket.start-bind") void start_bind(handle, handle, FLAT_ADDRESS, struct done *);
UDP("[method]udp-socket.finish-bind") void finish_bind(handle, struct done *);
UDP("[method]udp-socket.stream") void stream(handle, uint32_t, FLAT_ADDRESS, struct streams *);
UDP("[method]udp-socket.local-address") void local_address(handle, struct whose *);
UDP("[method]udp-socket.remote-address") void remote_address(handle, struct whose *);
UDP("[method]udp-socket.set-unicast-hop-limit") void set_hops(handle, int32_t, struct done *);
UDP("[method]udp-socket.unicast-hop-limit") void hops(handle, struct small *);
UDP("[method]udp-socket.set-send-buffer-size") void set_buffer(handle, uint64_t, struct done *);
UDP("[method]udp-socket.send-buffer-size") void buffer(handle, struct number *);
UDP("[method]udp-socket.subscribe") handle subscribe(handle);
UDP("[resource-drop]udp-socket") void socket_drop(handle);
UDP("[method]incoming-datagram-stream.receive")
void receive_some(handle, uint64_t, struct received *);
UDP("[method]incoming-datagram-stream.subscribe") handle incoming_ready(handle);
UDP("[resource-drop]incoming-datagram-stream") void incoming_drop(handle);
UDP("[method]outgoing-datagram-stream.check-send") void check_send(handle, struct number *);
UDP("[method]outgoing-datagram-stream.send")
void send_some(handle, const struct outgoing *, size_t, struct number *);
UDP("[method]outgoing-datagram-stream.subscribe") handle outgoing_ready(handle);
UDP("[resource-drop]outgoing-datagram-stream") void outgoing_drop(handle);

// The one socket of this instance.
static struct {
  handle socket, in, out;
} one;

static handle network(void) {
  static handle it;
  return it ? it : (it = instance_network());
}

static struct address address_of(const uint16_t *part, size_t parts, uint32_t port) {
  struct address a = {.is_v6 = parts == 8};
  if (parts == 8) {
    a.v6.port = port;
    for (size_t n = 0; n < 8; n++) a.v6.part[n] = part[n];
  } else {
    a.v4.port = port;
    for (size_t n = 0; n < 4; n++) a.v4.part[n] = part[n];
  }
  return a;
}

static void drop_streams(void) {
  if (one.in) incoming_drop(one.in);
  if (one.out) outgoing_drop(one.out);
  one.in = one.out = 0;
}

EXPORT("bind")
struct given *bind_to(uint16_t *part, size_t parts, uint32_t port) {
  struct opened made;
  create_udp(parts == 8, &made);
  if (made.failed) return fail(made.code);
  one.socket = made.it;
  struct flat a = flat_of(part, parts, port);
  struct done done;
  start_bind(one.socket, network(), FLAT(a), &done);
  if (done.failed) return fail(done.code);
  block(subscribe(one.socket));
  finish_bind(one.socket, &done);
  if (done.failed) return fail(done.code);
  struct whose found;
  local_address(one.socket, &found);
  return found.failed ? fail(found.code) : value(port_of(&found.address));
}

// Without parts: to and from anyone.
EXPORT("open")
struct given *open_to(uint16_t *part, size_t parts, uint32_t port) {
  drop_streams();
  struct flat a = flat_of(part, parts, port);
  struct streams made;
  stream(one.socket, parts > 0, FLAT(a), &made);
  if (made.failed) return fail(made.code);
  one.in = made.in;
  one.out = made.out;
  return value(0);
}

EXPORT("remote-port") struct given *remote_port(void) {
  struct whose found;
  remote_address(one.socket, &found);
  return found.failed ? fail(found.code) : value(port_of(&found.address));
}

// So many of them, as often as is needed; without parts to the peer of the streams. Gives how many were sent.
EXPORT("send")
struct given *do_send(uint16_t *part, size_t parts, uint32_t port, char *from, size_t count,
                      uint32_t times) {
  struct outgoing list[16];
  uint32_t sent = 0;
  while (sent < times) {
    struct number may;
    check_send(one.out, &may);
    if (may.failed) return fail(may.code);
    if (may.value == 0) {
      block(outgoing_ready(one.out));
      continue;
    }
    size_t some = may.value < 16 ? may.value : 16;
    if (some > times - sent) some = times - sent;
    for (size_t n = 0; n < some; n++) {
      list[n] = (struct outgoing){
          .data = {from, count}, .has_peer = parts > 0, .to = address_of(part, parts, port)};
    }
    struct number done;
    send_some(one.out, list, some, &done);
    if (done.failed) return fail(done.code);
    sent += done.value;
  }
  return value(sent);
}

// More than check-send permits.
EXPORT("send-too-many") void send_too_many(uint32_t count) {
  struct outgoing *list = take(count * sizeof *list);
  memset(list, 0, count * sizeof *list);
  struct number may, done;
  check_send(one.out, &may);
  send_some(one.out, list, count, &done);
}

// Nothing at all, so often after one check-send.
EXPORT("send-unasked") void send_unasked(uint32_t times) {
  struct number may, done;
  check_send(one.out, &may);
  while (times-- > 0) send_some(one.out, 0, 0, &done);
}

// The next datagram: its port, a space, its bytes. Waits for it.
EXPORT("receive") struct given *receive(void) {
  struct received found = {0};
  for (;;) {
    receive_some(one.in, 1, &found);
    if (found.failed) return fail(found.code);
    if (found.datagrams.items > 0) break;
    block(incoming_ready(one.in));
  }
  struct incoming *it = found.datagrams.at;
  char *text = take(8 + it->data.bytes);
  uint32_t port = port_of(&it->from), at = 5;
  for (uint32_t n = 5; n-- > 0; port /= 10) text[n] = '0' + port % 10;
  text[at++] = ' ';
  memcpy(text + at, it->data.at, it->data.bytes);
  return bytes(text, at + it->data.bytes);
}

// How many have come, without waiting.
EXPORT("count") struct given *count(uint32_t max) {
  struct received found;
  receive_some(one.in, max, &found);
  return found.failed ? fail(found.code) : value(found.datagrams.items);
}

EXPORT("options") struct given *options(void) {
  static uint8_t set[2];
  struct done done;
  set_hops(one.socket, 9, &done);
  if (done.failed) return fail(done.code);
  set_buffer(one.socket, 65536, &done);
  if (done.failed) return fail(done.code);
  struct small limit;
  struct number size;
  hops(one.socket, &limit);
  buffer(one.socket, &size);
  set[0] = limit.value;
  set[1] = !size.failed && size.value > 0;
  return bytes(set, 2);
}

EXPORT("drop") void drop(void) {
  drop_streams();
  if (one.socket) socket_drop(one.socket);
  one.socket = 0;
}

POST("bind")
POST("open")
POST("remote-port")
POST("send")
POST("receive")
POST("count")
POST("options")
