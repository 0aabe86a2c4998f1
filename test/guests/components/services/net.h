// wasi:sockets 0.2 by hand: addresses, errors by name, and waiting.
#pragma once
#include "../real/abi.h"

#define NETWORK(name) IMPORT("wasi:sockets/instance-network@0.2.12", name)
#define NETWORK_TYPE(name) IMPORT("wasi:sockets/network@0.2.12", name)
#define POLL(name) IMPORT("wasi:io/poll@0.2.12", name)

typedef int32_t handle;

NETWORK("instance-network") handle instance_network(void);
NETWORK_TYPE("[resource-drop]network") void network_drop(handle);
POLL("[method]pollable.block") void pollable_block(handle);
POLL("[method]pollable.ready") int32_t pollable_ready(handle);
POLL("[resource-drop]pollable") void pollable_drop(handle);

static const char *const codes[] = {
    "unknown",
    "access-denied",
    "not-supported",
    "invalid-argument",
    "out-of-memory",
    "timeout",
    "concurrency-conflict",
    "not-in-progress",
    "would-block",
    "invalid-state",
    "new-socket-limit",
    "address-not-bindable",
    "address-in-use",
    "remote-unreachable",
    "connection-refused",
    "connection-reset",
    "connection-aborted",
    "datagram-too-large",
    "name-unresolvable",
    "temporary-resolver-failure",
    "permanent-resolver-failure",
};
enum { WOULD_BLOCK = 8 };

// ip-socket-address: as it lies in memory, and flat, as it is passed.
struct address {
  uint8_t is_v6;
  _Alignas(4) union {
    struct {
      uint16_t port;
      uint8_t part[4];
    } v4;
    struct {
      uint16_t port;
      uint32_t flow_info;
      uint16_t part[8];
      uint32_t scope_id;
    } v6;
  };
};
#define FLAT_ADDRESS \
  uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, \
      uint32_t, uint32_t, uint32_t
struct flat {
  uint32_t is_v6, of[11];
};
#define FLAT(a) \
  (a).is_v6, (a).of[0], (a).of[1], (a).of[2], (a).of[3], (a).of[4], (a).of[5], (a).of[6], \
      (a).of[7], (a).of[8], (a).of[9], (a).of[10]

// result<_, error-code>
struct done {
  uint8_t failed, code;
};
// result<u64, error-code>, result<u8 | bool, error-code> in its first byte
struct number {
  uint8_t failed;
  _Alignas(8) union {
    uint64_t value;
    uint8_t code;
  };
};
struct small {
  uint8_t failed, value;
};
// result<own, error-code>
struct opened {
  uint8_t failed;
  _Alignas(4) union {
    handle it;
    uint8_t code;
  };
};
// result<ip-socket-address, error-code>
struct whose {
  uint8_t failed;
  _Alignas(4) union {
    struct address address;
    uint8_t code;
  };
};

// What exports give: result<u32, string>, result<list<u8>, string>, result<string, string>
struct given {
  uint8_t failed;
  union {
    uint32_t value;
    text bytes;
  };
};

static struct given gave;

static inline struct given *failure(const char *words) {
  gave = (struct given){.failed = 1, .bytes = {(char *)words, strlen(words)}};
  return &gave;
}

static inline struct given *fail(uint8_t code) { return failure(codes[code]); }

static inline struct given *value(uint32_t number) {
  gave = (struct given){.failed = 0, .value = number};
  return &gave;
}

static inline struct given *bytes(const void *at, size_t count) {
  gave = (struct given){.failed = 0, .bytes = {(char *)at, count}};
  return &gave;
}

// Four parts are an address of version 4, eight one of version 6.
static inline struct flat flat_of(const uint16_t *part, size_t parts, uint32_t port) {
  struct flat flat = {.is_v6 = parts == 8, .of = {port}};
  for (size_t n = 0; n < parts; n++) flat.of[n + (parts == 8 ? 2 : 1)] = part[n];
  return flat;
}

static inline uint32_t port_of(struct address *a) { return a->is_v6 ? a->v6.port : a->v4.port; }

// After a result of that export has been read.
#define POST_OF(name, line) \
  EXPORT("cabi_post_" name) void post_##line(void *result) { \
    (void)result; \
    over(); \
  }
#define POST_AT(name, line) POST_OF(name, line)
#define POST(name) POST_AT(name, __COUNTER__)

static inline void block(handle pollable) {
  pollable_block(pollable);
  pollable_drop(pollable);
}
