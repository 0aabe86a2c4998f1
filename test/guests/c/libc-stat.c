#include "libc.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  struct stat a, b;
  int fd = open("f", O_CREAT | O_RDWR, 0666);
  TRUE(fd > 2);
  TRUE(write(fd, "12345", 5) == 5);
  TRUE(fstat(fd, &a) == 0 && S_ISREG(a.st_mode) && a.st_size == 5 && a.st_nlink == 1);
  TRUE(stat("f", &b) == 0 && b.st_ino == a.st_ino && b.st_dev == a.st_dev);
  TRUE(stat("/f", &b) == 0 && b.st_ino == a.st_ino);
  TRUE(stat("/", &b) == 0 && S_ISDIR(b.st_mode));
  TRUE(symlink("f", "link") == 0);
  TRUE(lstat("link", &b) == 0 && S_ISLNK(b.st_mode) && b.st_size == 1);
  TRUE(stat("link", &b) == 0 && S_ISREG(b.st_mode) && b.st_ino == a.st_ino);
  TRUE(link("f", "twin") == 0 && stat("twin", &b) == 0 && b.st_nlink == 2);

  struct timespec times[2] = {{.tv_sec = 1, .tv_nsec = 2}, {.tv_sec = 1600000000, .tv_nsec = 123456789}};
  TRUE(futimens(fd, times) == 0);
  TRUE(fstat(fd, &b) == 0 && b.st_atim.tv_sec == 1 && b.st_atim.tv_nsec == 2);
  TRUE(b.st_mtim.tv_sec == 1600000000 && b.st_mtim.tv_nsec == 123456789);
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_nsec = 7;
  TRUE(utimensat(AT_FDCWD, "f", times, 0) == 0);
  TRUE(stat("f", &b) == 0 && b.st_atim.tv_nsec == 2 && b.st_mtim.tv_nsec == 7);

  TRUE(ftruncate(fd, 2) == 0 && fstat(fd, &b) == 0 && b.st_size == 2);
  TRUE(truncate("f", 9) == 0 && fstat(fd, &b) == 0 && b.st_size == 9);
  TRUE(access("f", R_OK | W_OK) == 0);
  FAILS(access("none", F_OK), ENOENT);
  FAILS(stat("f/x", &b), ENOTDIR);
  FAILS(stat("none", &b), ENOENT);
  char text[8];
  TRUE(readlink("link", text, sizeof text) == 1 && text[0] == 'f');
  TRUE(isatty(fd) == 0);
  TRUE(lseek(fd, 0, SEEK_END) == 9);
  FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
  TRUE(close(fd) == 0);
  FAILS(close(fd), EBADF);
  return finish();
}
