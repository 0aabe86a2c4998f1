#include "libc.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  char where[64];
  TRUE(getcwd(where, sizeof where) && !strcmp(where, "/"));
  TRUE(mkdir("a", 0777) == 0 && mkdir("a/b", 0777) == 0);
  TRUE(chdir("a") == 0);
  TRUE(getcwd(where, sizeof where) && !strcmp(where, "/a"));
  int fd = open("b/f", O_CREAT | O_WRONLY, 0666);
  TRUE(fd >= 0 && close(fd) == 0);
  TRUE(access("/a/b/f", F_OK) == 0);
  TRUE(chdir("/a/b") == 0 && access("f", F_OK) == 0);
  FAILS(chdir("/none"), ENOENT);
  FAILS(chdir("/a/b/f"), ENOTDIR);
  TRUE(access("f", F_OK) == 0);
  return finish();
}
