// Pointers that no memory is behind. Every call must answer EFAULT and leave guest and host as they were.
#ifndef FAULT_H
#define FAULT_H

#include "check.h"

/** A pointer so many bytes before the end of the memory. */
static inline void *before_end(uint32_t bytes) { return (void *)(__builtin_wasm_memory_size(0) * 65536 - bytes); }

/** Behind the end, far behind it, past 2^31, and where adding a length wraps around. */
static inline void *wild(int which) {
  switch (which) {
    case 0: return before_end(0);
    case 1: return (void *)0x7ffffff0u;
    case 2: return (void *)0x80000000u;
    case 3: return (void *)0xfffffff8u;
    default: return before_end(1);
  }
}
#define WILD_POINTERS 5

#define FAULT(call) EQUAL(call, E_FAULT)

#endif
