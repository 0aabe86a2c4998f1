// sleep MS: prints "sleeping", sleeps and prints "woke".
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  long ms = argc > 1 ? atol(argv[1]) : 1000;
  struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  write(1, "sleeping\n", 9);
  if (nanosleep(&span, NULL) != 0) return 1;
  write(1, "woke\n", 5);
  return 0;
}
