// build: -mexec-model=reactor
// Logs what it is told to.
#include "../real/abi.h"

IMPORT("wasi:logging/logging", "log")
void log_record(uint32_t, const char *, size_t, const char *, size_t);

EXPORT("log")
void do_log(uint32_t level, const char *context, size_t bytes, const char *message, size_t count) {
  log_record(level, context, bytes, message, count);
  over();
}

EXPORT("flood") void flood(uint32_t level, uint32_t records, uint32_t bytes) {
  char *message = take(bytes);
  memset(message, 'x', bytes);
  while (records-- > 0) log_record(level, "flood", 5, message, bytes);
  over();
}
