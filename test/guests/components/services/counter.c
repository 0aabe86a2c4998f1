// build: -mexec-model=reactor
// Counts in a store, by the first draft of wasi:keyvalue.
#include "kv.h"

#define STORE(name) IMPORT("wasi:keyvalue/store@0.2.0-draft", name)
#define ATOMICS(name) IMPORT("wasi:keyvalue/atomics@0.2.0-draft", name)

// result<key-response, error>, whose cursor is a number
struct page {
  uint8_t failed;
  _Alignas(8) union {
    struct {
      list keys;
      uint8_t has_cursor;
      uint64_t cursor;
    };
    struct error why;
  };
};

STORE("open") void open_bucket(const char *, size_t, struct answer *);
STORE("[method]bucket.get") void bucket_get(handle, const char *, size_t, struct answer *);
STORE("[method]bucket.set")
void bucket_set(handle, const char *, size_t, const void *, size_t, struct answer *);
STORE("[method]bucket.list-keys") void bucket_list(handle, uint32_t, uint64_t, struct page *);
STORE("[resource-drop]bucket") void bucket_drop(handle);
ATOMICS("increment") void increment(handle, const char *, size_t, uint64_t, struct sum *);

// Opens the store for one call alone, and adds as often as is said; gives the last sum.
EXPORT("add")
struct given_sum *add(const char *store, size_t bytes, const char *key, size_t count,
                      uint64_t delta, uint32_t times) {
  struct answer opened;
  open_bucket(store, bytes, &opened);
  if (opened.failed) return summed((struct sum){.failed = 1, .why = opened.why});
  struct sum sum = {0};
  while (times-- > 0 && !sum.failed) increment(opened.bucket, key, count, delta, &sum);
  bucket_drop(opened.bucket);
  return summed(sum);
}

// Sets as many keys as is said, named by number.
EXPORT("fill")
struct given *fill(const char *store, size_t bytes, uint32_t keys, uint32_t size) {
  struct answer opened, done = {0};
  open_bucket(store, bytes, &opened);
  if (opened.failed) return fail(opened.why);
  char *data = take(size);
  memset(data, 'x', size);
  uint32_t set = 0;
  for (; set < keys; set++) {
    char name[8];
    for (uint32_t n = 8, left = set; n-- > 0; left /= 10) name[n] = '0' + left % 10;
    bucket_set(opened.bucket, name, 8, data, size, &done);
    if (done.failed) break;
  }
  bucket_drop(opened.bucket);
  return done.failed ? fail(done.why) : value(set);
}

// How many keys there are, and in how many pages.
EXPORT("count") struct given *count(const char *store, size_t bytes) {
  struct answer opened;
  open_bucket(store, bytes, &opened);
  if (opened.failed) return fail(opened.why);
  struct page page = {0};
  uint32_t keys = 0, pages = 0;
  do {
    bucket_list(opened.bucket, page.has_cursor, page.cursor, &page);
    if (page.failed) return fail(page.why);
    keys += page.keys.items;
    pages++;
    over();
  } while (page.has_cursor);
  bucket_drop(opened.bucket);
  return value(keys * 100 + pages);
}

POST("add")
POST("fill")
POST("count")
