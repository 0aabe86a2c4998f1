// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// advise, sync and sync-data: of files, and of directories.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  handle file = OPEN(root, "f", CREATE, READ | WRITE);
  done answer;
  for (u32 advice = 0; advice < 6; advice++) {
    file_advise(file, 0, 100, advice, &answer);
    EQUAL(CODE(answer), OK);
    file_advise(file, (u64)1 << 40, 0, advice, &answer);
    EQUAL(CODE(answer), OK);
  }
  file_advise(root, 0, 100, 0, &answer);
  EQUAL(CODE(answer), BAD_DESCRIPTOR);
  NEED(write_to(file, "x", 0), OK);
  file_sync(file, &answer);
  EQUAL(CODE(answer), OK);
  file_sync_data(file, &answer);
  EQUAL(CODE(answer), OK);
  file_sync(root, &answer);
  EQUAL(CODE(answer), OK);
  file_sync_data(root, &answer);
  EQUAL(CODE(answer), OK);
}
