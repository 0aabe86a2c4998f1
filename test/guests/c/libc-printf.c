// expect-stdout: "42 -7 ff 0x1F 0017 |  right|left  | c % 3.142 1e+10 0.1 -9223372036854775808 (nil-safe)\n"
#include <stdint.h>
#include <stdio.h>

int main(void) {
  int length = printf("%d %d %x 0x%X %04d |%7s|%-6s| %c %% %.3f %g %g %lld %s\n", 42, -7, 255, 31, 17, "right", "left",
                      'c', 3.14159265, 1e10, 0.1, (long long)INT64_MIN, "(nil-safe)");
  return length == 88 ? 0 : length;
}
