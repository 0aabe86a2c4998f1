// Makes calls that are refused, as many as it can, for ever: those that differ and those that do not.
#include <string.h>

#include "wasi.h"

int main(void) {
  char path[] = "../00000000";
  for (uint32_t round = 0;; round++) {
    uint32_t left = round;
    for (int digit = 10; digit > 2; digit--, left /= 10) path[digit] = (char)('0' + left % 10);
    uint32_t fd;
    path_create_directory(3, path, sizeof path - 1);
    path_open(3, 0, "/etc/passwd", 11, 0, RIGHT_READ, 0, 0, &fd);
    random_get(path + 3, 8);
    sock_shutdown(0, 1);
  }
}
