// open-descriptors: opens files and directories until there are no descriptors left, three times over.
#include <stdio.h>

#include "check.h"

int main(void) {
  static uint32_t opened[1 << 16];
  int most = 0;
  make_file("f", "text");
  make_directory("d");
  for (int round = 0; round < 3; round++) {
    int count = 0;
    wasi_errno error = 0;
    while (count < 1 << 16) {
      int directory = count % 2;
      error = path_open(ROOT, FOLLOW, PATH(directory ? "d" : "f"), directory ? O_DIR : 0, RIGHT_READ, 0, 0, &opened[count]);
      if (error) break;
      count++;
    }
    EQUAL(error, E_MFILE);
    if (round == 0) most = count;
    EQUAL(count, most);
    // Nothing is made or cut by an open that has no number left.
    EQUAL(try_open(ROOT, 0, "new", O_CREATE, RIGHTS_ALL), E_MFILE);
    EQUAL(try_open(ROOT, 0, "f", O_TRUNCATE, RIGHTS_ALL), E_MFILE);
    EQUAL(type_of("new"), MISSING);
    wasi_filestat stat;
    OK(path_filestat_get(ROOT, 0, PATH("f"), &stat));
    EQUAL(stat.size, 4);
    while (count-- > 0) OK(fd_close(opened[count]));
  }
  printf("%d\n", most);
  return finish();
}
