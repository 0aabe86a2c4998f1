// Checks whose failures become the answer: "ok" when there are none.
#pragma once
#include "http.h"

static char report[16 * 1024];
static size_t reported;

static void fail_at(int number) {
  char digits[12];
  size_t at = sizeof digits;
  do digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  if (reported + sizeof digits + 6 > sizeof report) return;
  memcpy(report + reported, "line ", 5);
  memcpy(report + reported + 5, digits + at, sizeof digits - at);
  reported += 5 + sizeof digits - at;
  report[reported++] = '\n';
}

#define CHECK(is) \
  do { \
    if (!(is)) fail_at(__LINE__); \
  } while (0)

static void tell(handle out) {
  plain(out, 200, reported == 0 ? text_of("ok") : (text){report, reported});
}
