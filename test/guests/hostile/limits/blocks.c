// blocks WHERE: waits for ever in one host call: sleep (three years, by the host's clock), stdin, poll (stdin or a
// far clock), stdout (nobody reads), stderr.
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char block[65536];

int main(int argc, char **argv) {
  const char *where = argc > 1 ? argv[1] : "";
  if (!strcmp(where, "sleep")) {
    struct timespec time = {100000000, 0};
    nanosleep(&time, NULL);
  } else if (!strcmp(where, "stdin")) {
    read(0, block, 1);
  } else if (!strcmp(where, "poll")) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    poll(&input, 1, 1000000000);
  } else {
    int fd = !strcmp(where, "stderr") ? 2 : 1;
    while (write(fd, block, sizeof block) > 0) {
    }
  }
  return 9;
}
