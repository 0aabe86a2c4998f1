#include "libc.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
  char text[32] = {0};
  FAILS(open("f", O_RDONLY), ENOENT);
  int fd = open("f", O_WRONLY | O_CREAT | O_EXCL, 0600);
  TRUE(fd >= 0 && write(fd, "hello", 5) == 5);
  FAILS(read(fd, text, 1), EBADF);
  TRUE(close(fd) == 0);
  FAILS(open("f", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
  fd = open("f", O_RDONLY);
  FAILS(write(fd, "x", 1), EBADF);
  TRUE(read(fd, text, sizeof text) == 5 && !strcmp(text, "hello"));
  TRUE((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
  TRUE(close(fd) == 0);

  fd = open("f", O_RDWR | O_APPEND);
  TRUE(fcntl(fd, F_GETFL) & O_APPEND);
  TRUE(write(fd, " you", 4) == 4);
  TRUE(pread(fd, text, sizeof text, 0) == 9 && !memcmp(text, "hello you", 9));
  TRUE(fcntl(fd, F_SETFL, 0) == 0 && !(fcntl(fd, F_GETFL) & O_APPEND));
  TRUE(pwrite(fd, "J", 1, 0) == 1);
  struct iovec parts[2] = {{text, 2}, {text + 10, 3}};
  ssize_t got = preadv(fd, parts, 2, 0);
  TRUE((got == 2 || got == 5) && !memcmp(text, "Je", 2));
  TRUE(close(fd) == 0);
  fd = open("f", O_WRONLY | O_TRUNC);
  struct stat info;
  TRUE(fstat(fd, &info) == 0 && info.st_size == 0);
  TRUE(close(fd) == 0);
  FAILS(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
  FAILS(open("/", O_WRONLY), EISDIR);
  TRUE(symlink("f", "link") == 0);
  FAILS(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
  fd = open("link", O_RDONLY);
  TRUE(fd >= 0 && close(fd) == 0);

  int dir = open("/", O_RDONLY | O_DIRECTORY);
  TRUE(dir >= 0);
  fd = openat(dir, "f", O_RDONLY);
  TRUE(fd >= 0 && close(fd) == 0);
  TRUE(mkdirat(dir, "sub", 0777) == 0 && renameat(dir, "f", dir, "sub/f") == 0);
  TRUE(unlinkat(dir, "sub/f", 0) == 0 && unlinkat(dir, "sub", AT_REMOVEDIR) == 0);
  TRUE(close(dir) == 0);
  return finish();
}
