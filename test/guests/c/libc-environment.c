// args: ["-n", "5"]
// env: NAME=Ada
// env: EMPTY=
#include "libc.h"
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  TRUE(argc == 3 && !strcmp(argv[1], "-n") && !strcmp(argv[2], "5") && argv[3] == NULL);
  TRUE(getenv("NAME") && !strcmp(getenv("NAME"), "Ada"));
  TRUE(getenv("EMPTY") && !*getenv("EMPTY"));
  TRUE(getenv("HOME") == NULL && getenv("PATH") == NULL);
  TRUE(setenv("ADDED", "1", 1) == 0 && !strcmp(getenv("ADDED"), "1"));
  TRUE(unsetenv("NAME") == 0 && getenv("NAME") == NULL);
  int option = getopt(argc, argv, "n:");
  TRUE(option == 'n' && !strcmp(optarg, "5"));
  return finish();
}
