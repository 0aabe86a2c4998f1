// build: -mexec-model=reactor
// What the host has configured, by the first draft of wasi:config and by the one after it.
#include "../real/abi.h"

#define STORE(name) IMPORT("wasi:config/store@0.2.0-rc.1", name)
#define RUNTIME(name) IMPORT("wasi:config/runtime@0.2.0-draft", name)

// result<option<string>, error>
struct found {
  uint8_t failed;
  union {
    struct {
      uint8_t some;
      text value;
    };
    struct {
      uint8_t tag;
      text why;
    };
  };
};
// result<list<tuple<string, string>>, error>
struct all {
  uint8_t failed;
  union {
    list entries;
    struct {
      uint8_t tag;
      text why;
    };
  };
};

STORE("get") void store_get(const char *, size_t, struct found *);
STORE("get-all") void store_all(struct all *);
RUNTIME("get") void runtime_get(const char *, size_t, struct found *);
RUNTIME("get-all") void runtime_all(struct all *);

static struct {
  uint8_t some;
  text value;
} maybe;
static list entries;

static void *found(struct found it) {
  if (it.failed) abort();
  maybe.some = it.some;
  maybe.value = it.value;
  return &maybe;
}

EXPORT("get") void *get(const char *name, size_t bytes) {
  struct found it;
  store_get(name, bytes, &it);
  return found(it);
}

EXPORT("get-at-runtime") void *get_at_runtime(const char *name, size_t bytes) {
  struct found it;
  runtime_get(name, bytes, &it);
  return found(it);
}

EXPORT("all") void *all(void) {
  struct all it;
  store_all(&it);
  if (it.failed) abort();
  entries = it.entries;
  return &entries;
}

EXPORT("all-at-runtime") void *all_at_runtime(void) {
  struct all it;
  runtime_all(&it);
  if (it.failed) abort();
  entries = it.entries;
  return &entries;
}

EXPORT("cabi_post_get") void post_get(void *result) { (void)result, over(); }
EXPORT("cabi_post_all") void post_all(void *result) { (void)result, over(); }
EXPORT("cabi_post_get-at-runtime") void post_runtime(void *result) { (void)result, over(); }
EXPORT("cabi_post_all-at-runtime") void post_runtimes(void *result) { (void)result, over(); }
