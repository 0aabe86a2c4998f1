// The canonical ABI by hand: texts and lists, and memory that lives until a call's result has been read.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef struct {
  char *at;
  size_t bytes;
} text;

typedef struct {
  void *at;
  size_t items;
} list;

// Blocks of the call in hand, the latest first.
struct block {
  struct block *next;
  size_t bytes;
  _Alignas(16) char data[];
};
static struct block *blocks;

static inline void *take(size_t bytes) {
  struct block *made = malloc(sizeof(struct block) + bytes);
  if (!made) abort();
  made->next = blocks;
  made->bytes = bytes;
  blocks = made;
  return made->data;
}

// What a call's arguments and its result took: given back when the result has been read.
static inline void over(void) {
  while (blocks) {
    struct block *next = blocks->next;
    free(blocks);
    blocks = next;
  }
}

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_bytes, size_t align, size_t bytes) {
  (void)align;
  void *made = take(bytes);
  if (old) memcpy(made, old, old_bytes < bytes ? old_bytes : bytes);
  return made;
}
