// build: -mexec-model=reactor -Wno-unused-function
// The world of kinds.wit, its canonical ABI written by hand: every kind of value there and back, a resource
// of the guest, and functions that the app gives.
#include "abi.h"

#define VALUES "acme:kinds/values@1.2.0#"
#define STORE "acme:kinds/store@1.2.0#"
#define HOST "acme:kinds/host@1.2.0"
#define OWN "[export]acme:kinds/store@1.2.0"

// ---- values

#define ECHO(label, name, type) \
  EXPORT(VALUES "echo-" label) type echo_##name(type v) { return v; }

ECHO("bool", bool, uint32_t)
ECHO("u8", u8, uint32_t)
ECHO("s8", s8, int32_t)
ECHO("u16", u16, uint32_t)
ECHO("s16", s16, int32_t)
ECHO("u32", u32, uint32_t)
ECHO("s32", s32, int32_t)
ECHO("u64", u64, uint64_t)
ECHO("s64", s64, int64_t)
ECHO("f32", f32, float)
ECHO("f64", f64, double)
ECHO("char", char, uint32_t)
ECHO("color", color, uint32_t)
ECHO("permissions", permissions, uint32_t)

#define POSTED(label, name) \
  EXPORT("cabi_post_" label) void post_##name(void *result) { (void)result; over(); }

#define ECHO_LIST(label, name) \
  EXPORT(VALUES "echo-" label) list *echo_##name(void *at, size_t items) { \
    list *result = take(sizeof *result); \
    *result = (list){at, items}; \
    return result; \
  } \
  POSTED(VALUES "echo-" label, name)

ECHO_LIST("string", string)
ECHO_LIST("bytes", bytes)
ECHO_LIST("numbers", numbers)
ECHO_LIST("points", points)

struct person {
  text name;
  uint8_t age;
  struct {
    uint8_t some;
    text value;
  } email;
  list tags;
};

EXPORT(VALUES "echo-person")
struct person *echo_person(char *name, size_t name_bytes, uint32_t age, uint32_t some, char *email, size_t email_bytes, text *tags, size_t tag_count) {
  struct person *result = take(sizeof *result);
  *result = (struct person){{name, name_bytes}, age, {some, {email, email_bytes}}, {tags, tag_count}};
  return result;
}
POSTED(VALUES "echo-person", person)

struct shape {
  uint8_t kind;
  union {
    double radius;
    double sides[2];
    text label;
    int32_t at[2];
  } as;
};

// Flat, the cases share two 64-bit values: doubles by their bits, pointers and numbers in the low half.
EXPORT(VALUES "echo-shape")
struct shape *echo_shape(uint32_t kind, uint64_t first, uint64_t second) {
  struct shape *result = take(sizeof *result);
  result->kind = kind;
  if (kind == 1 || kind == 2) {
    memcpy(&result->as.sides[0], &first, sizeof first);
    memcpy(&result->as.sides[1], &second, sizeof second);
  } else {
    result->as.at[0] = (int32_t)first;
    result->as.at[1] = (int32_t)second;
  }
  return result;
}
POSTED(VALUES "echo-shape", shape)

struct pair {
  uint8_t first;
  text second;
};

EXPORT(VALUES "echo-pair")
struct pair *echo_pair(uint32_t first, char *at, size_t bytes) {
  struct pair *result = take(sizeof *result);
  *result = (struct pair){first, {at, bytes}};
  return result;
}
POSTED(VALUES "echo-pair", pair)

struct maybe {
  uint8_t some;
  uint32_t value;
};

EXPORT(VALUES "echo-option")
struct maybe *echo_option(uint32_t some, uint32_t value) {
  struct maybe *result = take(sizeof *result);
  *result = (struct maybe){some, value};
  return result;
}
POSTED(VALUES "echo-option", option)

struct maybe_maybe {
  uint8_t some;
  struct maybe value;
};

EXPORT(VALUES "echo-nested-option")
struct maybe_maybe *echo_nested_option(uint32_t outer, uint32_t inner, uint32_t value) {
  struct maybe_maybe *result = take(sizeof *result);
  *result = (struct maybe_maybe){outer, {inner, value}};
  return result;
}
POSTED(VALUES "echo-nested-option", nested_option)

struct outcome {
  uint8_t failed;
  union {
    uint32_t value;
    text reason;
  } as;
};

EXPORT(VALUES "echo-result")
struct outcome *echo_result(uint32_t failed, uint32_t first, size_t second) {
  struct outcome *result = take(sizeof *result);
  result->failed = failed;
  if (failed) result->as.reason = (text){(char *)first, second};
  else result->as.value = first;
  return result;
}
POSTED(VALUES "echo-result", result)

EXPORT(VALUES "echo-empty-result") uint32_t echo_empty_result(uint32_t failed) { return failed; }

struct many {
  uint8_t small[9];
  uint16_t large[9];
};

EXPORT(VALUES "sum-many")
uint32_t sum_many(struct many *values) {
  uint32_t sum = 0;
  for (int n = 0; n < 9; n++) sum += values->small[n] + values->large[n];
  over();
  return sum;
}

// ---- store

IMPORT(OWN, "[resource-new]bucket") int32_t bucket_new(void *rep);
IMPORT(OWN, "[resource-rep]bucket") void *bucket_rep(int32_t handle);
IMPORT(OWN, "[resource-drop]bucket") void bucket_drop(int32_t handle);

struct item {
  struct item *next;
  text key, value;
};

struct bucket {
  text name;
  struct item *items;
};

static uint32_t live;

static text copy(const char *at, size_t bytes) {
  char *made = malloc(bytes ? bytes : 1);
  if (!made) abort();
  memcpy(made, at, bytes);
  return (text){made, bytes};
}

static int same(text a, text b) { return a.bytes == b.bytes && memcmp(a.at, b.at, a.bytes) == 0; }

static struct bucket *make_bucket(const char *name, size_t bytes) {
  struct bucket *made = calloc(1, sizeof *made);
  if (!made) abort();
  made->name = copy(name, bytes);
  live++;
  return made;
}

static struct item *find(struct bucket *bucket, text key) {
  for (struct item *item = bucket->items; item; item = item->next)
    if (same(item->key, key)) return item;
  return NULL;
}

static void put(struct bucket *bucket, text key, text value) {
  struct item *item = find(bucket, key);
  if (item) {
    free(item->value.at);
  } else {
    item = calloc(1, sizeof *item);
    if (!item) abort();
    item->key = copy(key.at, key.bytes);
    struct item **last = &bucket->items;
    while (*last) last = &(*last)->next;
    *last = item;
  }
  item->value = copy(value.at, value.bytes);
}

static text *give(text value) {
  text *result = take(sizeof *result);
  char *made = take(value.bytes);
  memcpy(made, value.at, value.bytes);
  *result = (text){made, value.bytes};
  return result;
}

EXPORT(STORE "[constructor]bucket")
int32_t constructor(char *name, size_t bytes) {
  int32_t handle = bucket_new(make_bucket(name, bytes));
  over();
  return handle;
}

EXPORT(STORE "[dtor]bucket")
void destructor(struct bucket *bucket) {
  while (bucket->items) {
    struct item *next = bucket->items->next;
    free(bucket->items->key.at);
    free(bucket->items->value.at);
    free(bucket->items);
    bucket->items = next;
  }
  free(bucket->name.at);
  free(bucket);
  live--;
}

EXPORT(STORE "[method]bucket.name") text *bucket_name(struct bucket *bucket) { return give(bucket->name); }
POSTED(STORE "[method]bucket.name", bucket_name)

struct maybe_text {
  uint8_t some;
  text value;
};

EXPORT(STORE "[method]bucket.get")
struct maybe_text *bucket_get(struct bucket *bucket, char *key, size_t bytes) {
  struct maybe_text *result = take(sizeof *result);
  struct item *item = find(bucket, (text){key, bytes});
  result->some = item != NULL;
  if (item) result->value = *give(item->value);
  return result;
}
POSTED(STORE "[method]bucket.get", bucket_get)

EXPORT(STORE "[method]bucket.set")
void bucket_set(struct bucket *bucket, char *key, size_t key_bytes, char *value, size_t value_bytes) {
  put(bucket, (text){key, key_bytes}, (text){value, value_bytes});
  over();
}

EXPORT(STORE "[method]bucket.keys")
list *bucket_keys(struct bucket *bucket) {
  size_t count = 0;
  for (struct item *item = bucket->items; item; item = item->next) count++;
  text *keys = take(count * sizeof *keys);
  size_t n = 0;
  for (struct item *item = bucket->items; item; item = item->next) keys[n++] = *give(item->key);
  list *result = take(sizeof *result);
  *result = (list){keys, count};
  return result;
}
POSTED(STORE "[method]bucket.keys", bucket_keys)

EXPORT(STORE "[static]bucket.merge")
int32_t bucket_merge(int32_t first, int32_t second) {
  struct bucket *a = bucket_rep(first), *b = bucket_rep(second);
  struct bucket *made = make_bucket(a->name.at, a->name.bytes);
  for (struct item *item = a->items; item; item = item->next) put(made, item->key, item->value);
  for (struct item *item = b->items; item; item = item->next) put(made, item->key, item->value);
  bucket_drop(first);
  bucket_drop(second);
  return bucket_new(made);
}

struct opened {
  uint8_t failed;
  union {
    int32_t bucket;
    text reason;
  } as;
};

EXPORT(STORE "[static]bucket.open")
struct opened *bucket_open(char *name, size_t bytes) {
  static const char reason[] = "a bucket needs a name";
  struct opened *result = take(sizeof *result);
  result->failed = bytes == 0;
  if (bytes == 0) result->as.reason = *give((text){(char *)reason, sizeof reason - 1});
  else result->as.bucket = bucket_new(make_bucket(name, bytes));
  return result;
}
POSTED(STORE "[static]bucket.open", bucket_open)

EXPORT(STORE "describe")
text *describe(struct bucket *bucket) {
  static const char after[] = " holds ";
  size_t count = 0;
  for (struct item *item = bucket->items; item; item = item->next) count++;
  char digits[10];
  size_t used = 0;
  do digits[sizeof digits - ++used] = (char)('0' + count % 10);
  while ((count /= 10) > 0);
  size_t bytes = bucket->name.bytes + sizeof after - 1 + used;
  char *made = take(bytes);
  memcpy(made, bucket->name.at, bucket->name.bytes);
  memcpy(made + bucket->name.bytes, after, sizeof after - 1);
  memcpy(made + bytes - used, digits + sizeof digits - used, used);
  text *result = take(sizeof *result);
  *result = (text){made, bytes};
  return result;
}
POSTED(STORE "describe", describe)

EXPORT(STORE "live") uint32_t store_live(void) { return live; }

// ---- the world's own functions

IMPORT(HOST, "log") void host_log(uint32_t level, const char *message, size_t bytes, void *fields, size_t count);
IMPORT(HOST, "lookup") void host_lookup(const char *name, size_t bytes, void *result);
IMPORT(HOST, "add-all") uint64_t host_add_all(uint64_t *numbers, size_t count);
IMPORT("$root", "notify") uint32_t host_notify(const char *at, size_t bytes);

EXPORT("add") uint32_t add(uint32_t a, uint32_t b) { return a + b; }

EXPORT("divide")
struct outcome *divide(int32_t a, int32_t b) {
  static const char reason[] = "division by zero";
  struct outcome *result = take(sizeof *result);
  result->failed = b == 0;
  if (b == 0) result->as.reason = *give((text){(char *)reason, sizeof reason - 1});
  else result->as.value = (uint32_t)(a / b);
  return result;
}
POSTED("divide", divide)

struct answer {
  uint8_t failed;
  union {
    text value;
    uint32_t code;
  } as;
};

EXPORT("ask")
struct answer *ask(char *name, size_t bytes) {
  static const char found[] = "found", missing[] = "missing", key[] = "name";
  struct answer *result = take(sizeof *result);
  host_lookup(name, bytes, result);
  struct {
    text key, value;
  } field = {{(char *)key, sizeof key - 1}, {name, bytes}};
  if (result->failed) host_log(2, missing, sizeof missing - 1, &field, 1);
  else host_log(1, found, sizeof found - 1, &field, 1);
  return result;
}
POSTED("ask", ask)

EXPORT("total")
uint64_t total(uint64_t *numbers, size_t count) {
  uint64_t sum = host_add_all(numbers, count);
  over();
  return sum;
}

EXPORT("tell")
uint32_t tell(char *at, size_t bytes) {
  uint32_t answer = host_notify(at, bytes);
  over();
  return answer;
}

// Of this instance: how often it was asked.
EXPORT("count")
uint32_t count(void) {
  static uint32_t calls;
  return ++calls;
}

EXPORT("trap") void trap(void) { __builtin_trap(); }

EXPORT("spin")
void spin(void) {
  for (volatile uint32_t n = 0;; n++) {
  }
}

EXPORT("grow") uint32_t grow(uint32_t pages) { return __builtin_wasm_memory_grow(0, pages) != (size_t)-1; }
