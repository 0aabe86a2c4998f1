// build: -mexec-model=reactor
// wasi: io clocks cli filesystem sockets random
// A program that counts its runs in a store, and logs what it is configured to say.
#include "kv.h"

IMPORT("wasi:keyvalue/store@0.2.0-draft2", "open")
void open_bucket(const char *, size_t, struct answer *);
IMPORT("wasi:keyvalue/atomics@0.2.0-draft2", "increment")
void increment(handle, const char *, size_t, int64_t, struct sum *);
IMPORT("wasi:config/store@0.2.0-rc.1", "get")
void config_get(const char *, size_t, struct answer *);
IMPORT("wasi:logging/logging@0.1.0-draft", "log")
void log_record(uint32_t, const char *, size_t, const char *, size_t);

EXPORT("wasi:cli/run@0.2.12#run") int32_t run(void) {
  struct answer opened, said;
  struct sum sum;
  open_bucket("default", 7, &opened);
  if (opened.failed) return 1;
  increment(opened.bucket, "runs", 4, 1, &sum);
  if (sum.failed) return 1;
  config_get("say", 3, &said);
  if (said.failed || !said.some) return 1;
  log_record(2, "report", 6, said.bytes.at, said.bytes.bytes);
  return 0;
}
