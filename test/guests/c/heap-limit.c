// memory-mib: 64
#include <stdlib.h>
#include <string.h>

// malloc says no at the limit, and the program goes on with what it has.
int main(void) {
  static char *blocks[256];
  int got = 0;
  while (got < 256 && (blocks[got] = malloc(1 << 20))) {
    memset(blocks[got], got, 1 << 20);
    got++;
  }
  if (got < 32 || got > 64) return 1;
  for (int i = 0; i < got; i++)
    if (blocks[i][12345] != (char)i) return 2;
  if (__builtin_wasm_memory_grow(0, 65535) != (size_t)-1) return 3;
  for (int i = 0; i < got; i++) free(blocks[i]);
  // Freed memory serves again.
  void *half = malloc(16 << 20);
  return half ? 0 : 4;
}
