// clock: real
#include "libc.h"
#include <sys/time.h>
#include <time.h>

int main(void) {
  time_t now = time(NULL);
  TRUE(now > 1600000000 && now < 4102444800);
  struct timeval day;
  TRUE(gettimeofday(&day, NULL) == 0 && day.tv_sec - now < 5 && day.tv_usec >= 0 && day.tv_usec < 1000000);
  struct timespec spec, resolution;
  TRUE(clock_gettime(CLOCK_REALTIME, &spec) == 0 && spec.tv_sec - now < 5 && spec.tv_nsec < 1000000000);
  TRUE(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && (resolution.tv_nsec > 0 || resolution.tv_sec > 0));
  struct tm *utc = gmtime(&now);
  TRUE(utc && utc->tm_year >= 120 && mktime(utc) == now);
  return finish();
}
