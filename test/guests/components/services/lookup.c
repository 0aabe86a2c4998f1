// build: -mexec-model=reactor
// wasi: io clocks sockets
// The addresses of a name.
#include "net.h"

#define LOOKUP(name) IMPORT("wasi:sockets/ip-name-lookup@0.2.12", name)

// result<option<ip-address>, error-code>; of version 6 its parts have two bytes each
struct next {
  uint8_t failed;
  _Alignas(2) union {
    struct {
      uint8_t some;
      struct {
        uint8_t is_v6;
        _Alignas(2) union {
          uint8_t v4[4];
          uint16_t v6[8];
        };
      } address;
    };
    uint8_t code;
  };
};

LOOKUP("resolve-addresses")
void resolve_addresses(handle, const char *, size_t, struct opened *);
LOOKUP("[method]resolve-address-stream.resolve-next-address")
void next_address(handle, struct next *);
LOOKUP("[method]resolve-address-stream.subscribe") handle subscribe(handle);
LOOKUP("[resource-drop]resolve-address-stream") void stream_drop(handle);

// Each address as its kind, 4 or 6, then its 4 parts or 8, each part as two bytes, the high one first.
EXPORT("find") struct given *find(const char *name, size_t count) {
  static uint8_t found[64 * 17];
  static handle network;
  if (!network) network = instance_network();
  struct opened stream;
  resolve_addresses(network, name, count, &stream);
  if (stream.failed) return fail(stream.code);
  size_t at = 0;
  for (;;) {
    struct next next;
    next_address(stream.it, &next);
    if (next.failed && next.code == WOULD_BLOCK) {
      block(subscribe(stream.it));
      continue;
    }
    if (next.failed || !next.some) {
      stream_drop(stream.it);
      return next.failed ? fail(next.code) : bytes(found, at);
    }
    uint8_t parts = next.address.is_v6 ? 8 : 4;
    found[at++] = next.address.is_v6 ? 6 : 4;
    for (uint8_t n = 0; n < parts; n++) {
      uint16_t part = next.address.is_v6 ? next.address.v6[n] : next.address.v4[n];
      found[at++] = part >> 8;
      found[at++] = part & 255;
    }
  }
}

// Begins to look up, so many times, and wants none of the answers.
EXPORT("flood") struct given *flood(const char *name, size_t count, uint32_t times) {
  static handle network;
  if (!network) network = instance_network();
  for (uint32_t n = 0; n < times; n++) {
    struct opened stream;
    resolve_addresses(network, name, count, &stream);
    if (stream.failed) return fail(stream.code);
    if (n % 2) stream_drop(stream.it);
  }
  return value(times);
}

POST("find")
POST("flood")
