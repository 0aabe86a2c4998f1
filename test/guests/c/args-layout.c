// args: ["one", "", "two words", "ünï-ö", "-x=y"]
#include "check.h"

int main(void) {
  static const char *expected[] = {"one", "", "two words", "ünï-ö", "-x=y"};
  static char buffer[4096];
  static char *argv[16];
  uint32_t count = 0, size = 0;
  NEED(args_sizes_get(&count, &size));
  if (!EQUAL(count, 6) || !TRUE(size < sizeof buffer - 1)) return 1;

  memset(buffer, 0x5a, sizeof buffer);
  argv[count] = (char *)0x1234;
  NEED(args_get(argv, buffer));
  TRUE(argv[count] == (char *)0x1234);
  EQUAL(buffer[size], 0x5a);
  EQUAL(buffer[size - 1], 0);

  // The strings lie one behind the other, each with its NUL, and fill the buffer exactly.
  char *at = buffer;
  for (uint32_t i = 0; i < count; i++) {
    TRUE(argv[i] == at);
    if (i > 0) EQUAL(strcmp(argv[i], expected[i - 1]), 0);
    at += strlen(argv[i]) + 1;
  }
  TRUE(argv[0][0] != 0);
  EQUAL(at - buffer, size);
  return finish();
}
