// alloc [MIB]: takes memory in steps of 1 MiB, 1 GiB in all unless told otherwise, touches each page
// and prints how many MiB it got.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int wanted = argc > 1 ? atoi(argv[1]) : 1024;
  int got = 0;
  while (got < wanted) {
    volatile char *block = malloc(1 << 20);
    if (!block) break;
    for (int at = 0; at < 1 << 20; at += 4096) block[at] = 1;
    got++;
  }
  printf("got %d of %d MiB\n", got, wanted);
  return 0;
}
