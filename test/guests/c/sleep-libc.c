#include <time.h>
#include <unistd.h>

static long long now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

int main(void) {
  long long start = now_ms();
  if (usleep(30000) != 0) return 1;
  if (now_ms() - start < 30) return 2;
  struct timespec span = {.tv_nsec = 20000000};
  start = now_ms();
  if (nanosleep(&span, NULL) != 0) return 3;
  if (now_ms() - start < 20) return 4;
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_sec += 1;
  start = now_ms();
  if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) return 5;
  if (now_ms() - start < 999) return 6;
  return 0;
}
