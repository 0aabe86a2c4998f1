// expect-exit: 134
// expect-reason: trapped
#include <stdint.h>

volatile int turn;

// A frame of wasm's own stack only: nothing of it lies in linear memory, so it is the host's stack that ends.
__attribute__((noinline)) static int deeper(int depth) {
  if (turn < 0) return depth;
  return deeper(depth + 1) + deeper(depth - 1);
}

int main(void) { return deeper(1) == 0; }
