// stdin: "The quick brown fox jumps over the lazy dog.\n"
#include "check.h"

int main(void) {
  static const char expected[] = "The quick brown fox jumps over the lazy dog.\n";
  char all[64];
  uint32_t total = 0;
  // Several parts, an empty one among them; the host may fill fewer than it could.
  for (;;) {
    char a[3], b[1], c[7];
    wasi_iovec parts[] = {{a, 3}, {all, 0}, {b, 1}, {c, 7}};
    uint32_t got = 0;
    NEED(fd_read(0, parts, 4, &got));
    if (got == 0) break;
    if (!TRUE(got <= 11) || !TRUE(total + got <= sizeof all)) return 1;
    for (uint32_t i = 0; i < got; i++) all[total + i] = i < 3 ? a[i] : i < 4 ? b[i - 3] : c[i - 4];
    total += got;
  }
  EQUAL(total, sizeof expected - 1);
  EQUAL(memcmp(all, expected, sizeof expected - 1), 0);
  // The end stays the end.
  uint32_t got = 9;
  for (int i = 0; i < 3; i++) {
    OK(read_once(0, all, sizeof all, &got));
    EQUAL(got, 0);
  }
  return finish();
}
