// Copies stdin to stdout.
#include <unistd.h>

static char buffer[65536];

int main(void) {
  for (;;) {
    ssize_t got = read(0, buffer, sizeof buffer);
    if (got < 0) return 1;
    if (got == 0) return 0;
    for (ssize_t at = 0; at < got;) {
      ssize_t put = write(1, buffer + at, got - at);
      if (put < 0) return 2;
      at += put;
    }
  }
}
