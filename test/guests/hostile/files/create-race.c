// create-race ID COUNT: two of these share a create-only mount and make the same names at the same time. Each
// file must be one guest's alone. Prints how many this one has made.
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  int count = atoi(argv[2]), made = 0;
  char name[16];
  for (int number = 0; number < count; number++) {
    uint32_t length = (uint32_t)snprintf(name, sizeof name, "n%d", number), fd;
    // In two ways: cutting what is there, and not; neither may.
    wasi_errno error = path_open(ROOT, 0, name, length, O_CREATE | (number % 2 ? O_TRUNCATE : 0), RIGHT_WRITE, 0, 0, &fd);
    if (!EITHER(error, SUCCESS, E_PERM)) return 1;
    if (error) continue;
    made++;
    write_text(fd, argv[1]);
    write_text(fd, argv[1]);
    OK(fd_close(fd));
  }
  printf("%d\n", made);
  return finish();
}
