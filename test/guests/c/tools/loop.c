// Never ends. With an argument it prints "ready" first.
#include <unistd.h>

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) write(1, "ready\n", 6);
  for (volatile unsigned turns = 0;; turns++) {
  }
}
