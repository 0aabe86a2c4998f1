// waits-and-computes WAIT_MS COMPUTE_MS ROUNDS: sleeps and computes in turn, by the host's clock, then exits.
// With WAIT_MS "stdin" it waits for a byte of its input each time, with "stdout" it writes 300,000 bytes.
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char block[300000];

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  int compute = atoi(argv[2]);
  for (int round = atoi(argv[3]); round > 0; round--) {
    if (!strcmp(argv[1], "stdin")) {
      if (read(0, block, 1) != 1) return 1;
    } else if (!strcmp(argv[1], "stdout")) {
      if (write(1, block, sizeof block) != sizeof block) return 2;
    } else {
      int wait = atoi(argv[1]);
      struct timespec time = {wait / 1000, wait % 1000 * 1000000L};
      nanosleep(&time, NULL);
    }
    long long until = now() + compute;
    while (now() < until) {
    }
  }
  return 0;
}
