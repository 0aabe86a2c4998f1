// build: -mexec-model=reactor
// Every function of wasi:keyvalue, in its second draft.
#include "kv.h"

#define STORE(name) IMPORT("wasi:keyvalue/store@0.2.0-draft2", name)
#define ATOMICS(name) IMPORT("wasi:keyvalue/atomics@0.2.0-draft2", name)
#define BATCH(name) IMPORT("wasi:keyvalue/batch@0.2.0-draft2", name)

// result<key-response, error>, whose cursor is a text
struct page {
  uint8_t failed;
  union {
    struct {
      list keys;
      uint8_t has_cursor;
      text cursor;
    };
    struct error why;
  };
};
// result<_, cas-error>
struct swapped {
  uint8_t failed;
  _Alignas(4) uint8_t is_late;
  union {
    struct error why;
    handle cas;
  };
};

STORE("open") void open_bucket(const char *, size_t, struct answer *);
STORE("[method]bucket.get") void bucket_get(handle, const char *, size_t, struct answer *);
STORE("[method]bucket.set")
void bucket_set(handle, const char *, size_t, const void *, size_t, struct answer *);
STORE("[method]bucket.delete") void bucket_delete(handle, const char *, size_t, struct answer *);
STORE("[method]bucket.exists") void bucket_exists(handle, const char *, size_t, struct answer *);
STORE("[method]bucket.list-keys")
void bucket_list(handle, uint32_t, const char *, size_t, struct page *);
STORE("[resource-drop]bucket") void bucket_drop(handle);
ATOMICS("increment") void increment(handle, const char *, size_t, int64_t, struct sum *);
ATOMICS("[static]cas.new") void cas_new(handle, const char *, size_t, struct answer *);
ATOMICS("[method]cas.current") void cas_current(handle, struct answer *);
ATOMICS("swap") void cas_swap(handle, const void *, size_t, struct swapped *);
ATOMICS("[resource-drop]cas") void cas_drop(handle);
BATCH("get-many") void get_many(handle, const text *, size_t, struct answer *);
BATCH("set-many") void set_many(handle, const void *, size_t, struct answer *);
BATCH("delete-many") void delete_many(handle, const text *, size_t, struct answer *);

static handle bucket, cas;

static struct given *nothing(struct answer answer) {
  return answer.failed ? fail(answer.why) : value(0);
}

EXPORT("open") struct given *do_open(const char *name, size_t bytes) {
  if (bucket) bucket_drop(bucket);
  bucket = 0;
  struct answer answer;
  open_bucket(name, bytes, &answer);
  if (answer.failed) return fail(answer.why);
  bucket = answer.bucket;
  return value(0);
}

EXPORT("get") struct given *do_get(const char *key, size_t bytes) {
  struct answer answer;
  bucket_get(bucket, key, bytes, &answer);
  return maybe(answer);
}

EXPORT("set")
struct given *do_set(const char *key, size_t bytes, const void *from, size_t count) {
  struct answer answer;
  bucket_set(bucket, key, bytes, from, count, &answer);
  return nothing(answer);
}

EXPORT("delete") struct given *do_delete(const char *key, size_t bytes) {
  struct answer answer;
  bucket_delete(bucket, key, bytes, &answer);
  return nothing(answer);
}

EXPORT("exists") struct given *do_exists(const char *key, size_t bytes) {
  struct answer answer;
  bucket_exists(bucket, key, bytes, &answer);
  return answer.failed ? fail(answer.why) : value(answer.is);
}

// The keys of all pages.
EXPORT("keys") struct given *keys(void) {
  struct page page = {0};
  list all = {0, 0};
  do {
    bucket_list(bucket, page.has_cursor, page.cursor.at, page.cursor.bytes, &page);
    if (page.failed) return fail(page.why);
    text *more = take((all.items + page.keys.items) * sizeof *more);
    if (all.items > 0) memcpy(more, all.at, all.items * sizeof *more);
    if (page.keys.items > 0)
      memcpy(more + all.items, page.keys.at, page.keys.items * sizeof *more);
    all = (list){more, all.items + page.keys.items};
  } while (page.has_cursor);
  gave = (struct given){.items = all};
  return &gave;
}

EXPORT("keys-after") struct given *keys_after(const char *cursor, size_t bytes) {
  struct page page;
  bucket_list(bucket, 1, cursor, bytes, &page);
  if (page.failed) return fail(page.why);
  gave = (struct given){.items = page.keys};
  return &gave;
}

EXPORT("increment")
struct given_sum *do_increment(const char *key, size_t bytes, int64_t delta) {
  struct sum sum;
  increment(bucket, key, bytes, delta, &sum);
  return summed(sum);
}

// Reads what is to be swapped.
EXPORT("hold") struct given *hold(const char *key, size_t bytes) {
  struct answer answer;
  if (cas) cas_drop(cas);
  cas = 0;
  cas_new(bucket, key, bytes, &answer);
  if (answer.failed) return fail(answer.why);
  cas = answer.bucket;
  cas_current(cas, &answer);
  return maybe(answer);
}

// 1: it was what was read. 0: not; what is there now is held.
EXPORT("swap") struct given *swap(const void *from, size_t count) {
  struct swapped done;
  cas_swap(cas, from, count, &done);
  cas = 0;
  if (!done.failed) return value(1);
  if (!done.is_late) return fail(done.why);
  cas = done.cas;
  return value(0);
}

EXPORT("get-many") struct given *do_get_many(const text *keys, size_t count) {
  struct answer answer;
  get_many(bucket, keys, count, &answer);
  return listed(answer);
}

EXPORT("set-many") struct given *do_set_many(const void *entries, size_t count) {
  struct answer answer;
  set_many(bucket, entries, count, &answer);
  return nothing(answer);
}

EXPORT("delete-many") struct given *do_delete_many(const text *keys, size_t count) {
  struct answer answer;
  delete_many(bucket, keys, count, &answer);
  return nothing(answer);
}

POST("open")
POST("get")
POST("set")
POST("delete")
POST("exists")
POST("keys")
POST("keys-after")
POST("increment")
POST("hold")
POST("swap")
POST("get-many")
POST("set-many")
POST("delete-many")
