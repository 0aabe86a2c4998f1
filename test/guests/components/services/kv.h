// wasi:keyvalue by hand: its errors, and what exports give. KEYVALUE names the interfaces of the draft in hand.
#pragma once
#include "../real/abi.h"

typedef int32_t handle;

// variant error
struct error {
  uint8_t tag;
  text why;
};
enum { NO_SUCH_STORE, ACCESS_DENIED, OTHER };

// result<_, error>, result<own, error>, result<bool, error>, result<option<list<u8>>, error>
struct answer {
  uint8_t failed;
  union {
    struct error why;
    handle bucket;
    uint8_t is;
    list items;
    struct {
      uint8_t some;
      text bytes;
    };
  };
};
// result<u64 or s64, error>
struct sum {
  uint8_t failed;
  _Alignas(8) union {
    int64_t value;
    struct error why;
  };
};

// result<…, string> of exports
struct given {
  uint8_t failed;
  union {
    uint32_t value;
    text words;
    list items;
    struct {
      uint8_t some;
      text bytes;
    };
  };
};
struct given_sum {
  uint8_t failed;
  _Alignas(8) union {
    int64_t value;
    text words;
  };
};

static struct given gave;
static struct given_sum gave_sum;

static inline text words_of(struct error why) {
  if (why.tag == OTHER) return why.why;
  const char *name = why.tag == NO_SUCH_STORE ? "no-such-store" : "access-denied";
  return (text){(char *)name, strlen(name)};
}

static inline struct given *fail(struct error why) {
  gave = (struct given){.failed = 1, .words = words_of(why)};
  return &gave;
}

static inline struct given *value(uint32_t number) {
  gave = (struct given){.value = number};
  return &gave;
}

static inline struct given *maybe(struct answer answer) {
  if (answer.failed) return fail(answer.why);
  gave = (struct given){.some = answer.some, .bytes = answer.bytes};
  return &gave;
}

static inline struct given *listed(struct answer answer) {
  if (answer.failed) return fail(answer.why);
  gave = (struct given){.items = answer.items};
  return &gave;
}

static inline struct given_sum *summed(struct sum sum) {
  gave_sum = sum.failed ? (struct given_sum){.failed = 1, .words = words_of(sum.why)}
                        : (struct given_sum){.value = sum.value};
  return &gave_sum;
}

// After a result of that export has been read.
#define POST_OF(name, line) \
  EXPORT("cabi_post_" name) void post_##line(void *result) { \
    (void)result; \
    over(); \
  }
#define POST_AT(name, line) POST_OF(name, line)
#define POST(name) POST_AT(name, __COUNTER__)
