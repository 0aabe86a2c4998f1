// uses-then END: grows to 8 MiB and more, reads 5 bytes, writes 3, makes 100 calls more, and then ends, or does not:
// exit, trap, loop, block (reads stdin that never ends), grow (to what the limit allows, then loops).
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *end = argc > 1 ? argv[1] : "exit";
  char text[5];
  volatile char *more = malloc(8 << 20);
  if (more == NULL) return 1;
  for (int at = 0; at < 8 << 20; at += 4096) more[at] = 1;
  if (read(0, text, 5) != 5) return 2;
  if (write(1, "abc", 3) != 3) return 3;
  for (int call = 0; call < 100; call++) sched_yield();
  if (!strcmp(end, "exit")) return more[1 << 20] - 1;
  if (!strcmp(end, "trap")) __builtin_trap();
  if (!strcmp(end, "block")) read(0, text, 5);
  if (!strcmp(end, "grow")) {
    while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) {
    }
    sched_yield();
    write(1, "x", 0);
  }
  for (volatile int turn = 0;; turn++) {
  }
}
