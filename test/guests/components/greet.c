// build: -nostdlib -mbulk-memory -Wl,--no-entry
// The world of greet.wit, its canonical ABI written by hand: no WASI, no allocator but a pointer that
// goes up during a call and back when its result has been read.
#include <stddef.h>
#include <stdint.h>

#define PAGE 65536u
#define EXPORT(name) __attribute__((export_name(name)))

extern unsigned char __heap_base;

static uintptr_t top;

static unsigned char *take(size_t bytes, size_t align) {
  if (top == 0) top = (uintptr_t)&__heap_base;
  uintptr_t start = (top + align - 1) & ~(uintptr_t)(align - 1);
  uintptr_t end = start + bytes;
  uintptr_t have = __builtin_wasm_memory_size(0) * PAGE;
  if (end < start) __builtin_trap();
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1) __builtin_trap();
  top = end;
  return (unsigned char *)start;
}

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_bytes, size_t align, size_t bytes) {
  unsigned char *made = take(bytes, align);
  if (old) __builtin_memcpy(made, old, old_bytes < bytes ? old_bytes : bytes);
  return made;
}

struct text {
  unsigned char *at;
  size_t bytes;
};

EXPORT("greet")
struct text *greet(unsigned char *name, size_t bytes) {
  static struct text result;
  static const char before[7] = "Hello, ";
  unsigned char *made = take(bytes + 8, 1);
  __builtin_memcpy(made, before, 7);
  __builtin_memcpy(made + 7, name, bytes);
  made[7 + bytes] = '!';
  result.at = made;
  result.bytes = bytes + 8;
  return &result;
}

EXPORT("cabi_post_greet")
void cabi_post_greet(struct text *result) {
  (void)result;
  top = 0;
}
