// recurses HOW: goes deeper than any stack: plain, mutual (through function pointers), host (a host call at every
// depth, so that some run at the very end of the stack), big (frames of 64 KiB in the linear memory).
// build: -Wl,-z,stack-size=33554432
#include <string.h>
#include <unistd.h>

// As it is written, or a compiler makes loops of them.
#define DEEP __attribute__((optnone, noinline)) static int
static int (*volatile odd)(int);
static int (*volatile even)(int);

DEEP is_odd(int depth) { return even(depth + 1) + 1; }
DEEP is_even(int depth) { return odd(depth + 1) + 1; }
DEEP plain(int depth) { return depth == 0 ? 0 : plain(depth + 1) + 1; }
DEEP host(int depth) {
  write(2, "", 0);
  return depth == 0 ? 0 : host(depth + 1) + 1;
}
DEEP big(int depth) {
  volatile char frame[65536];
  frame[depth % 65536] = 1;
  return depth == 0 ? 0 : big(depth + 1) + frame[depth % 65536];
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "plain";
  odd = is_odd;
  even = is_even;
  if (!strcmp(how, "mutual")) return is_odd(1);
  if (!strcmp(how, "host")) return host(1);
  if (!strcmp(how, "big")) return big(1);
  return plain(1);
}
