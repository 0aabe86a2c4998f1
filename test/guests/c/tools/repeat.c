// Prints all that a program can see of files: "repeat make" makes and changes some first, "repeat look" only
// looks, "repeat storm" makes, renames and removes many, so that the host gives inode numbers out again.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void print(const char *label, const struct stat *st) {
  printf("%s dev %llu ino %llu mode %o nlink %llu size %lld", label, (unsigned long long)st->st_dev,
         (unsigned long long)st->st_ino, st->st_mode, (unsigned long long)st->st_nlink,
         (long long)st->st_size);
  printf(" atime %lld.%09ld mtime %lld.%09ld ctime %lld.%09ld\n", (long long)st->st_atim.tv_sec,
         st->st_atim.tv_nsec, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
         (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static void look_at(const char *path) {
  struct stat st;
  if (lstat(path, &st) != 0) printf("%s: %s\n", path, strerror(errno));
  else print(path, &st);
}

static void look_below(const char *path) {
  look_at(path);
  DIR *dir = opendir(path);
  if (dir == NULL) return;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char child[1024];
    snprintf(child, sizeof child, "%s/%s", strcmp(path, "/") == 0 ? "" : path, entry->d_name);
    printf("%s entry %llu type %d\n", child, (unsigned long long)entry->d_ino, entry->d_type);
    if (entry->d_type == DT_DIR) look_below(child);
    else look_at(child);
  }
  closedir(dir);
}

static void put(const char *path, const char *text, int flags) {
  int fd = open(path, O_WRONLY | flags, 0644);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) printf("%s: %s\n", path, strerror(errno));
  struct stat st;
  if (fstat(fd, &st) == 0) print(path, &st);
  close(fd);
}

static void check(const char *what, int answer) {
  if (answer != 0) printf("%s: %s\n", what, strerror(errno));
}

static void make(const char *root) {
  char path[1024], other[1024];
#define AT(name) (snprintf(path, sizeof path, "%s%s", root, name), path)
#define TO(name) (snprintf(other, sizeof other, "%s%s", root, name), other)
  put(AT("/first"), "one", O_CREAT | O_EXCL);
  put(AT("/second"), "two", O_CREAT);
  put(AT("/first"), " and more", O_APPEND);
  put(AT("/second"), "", O_TRUNC);
  check("mkdir", mkdir(AT("/folder"), 0755));
  for (int i = 0; i < 20; i++) {
    char name[64];
    snprintf(name, sizeof name, "/folder/file-%d", (i * 7) % 20);
    put(AT(name), name, O_CREAT);
  }
  check("rename", rename(AT("/folder/file-3"), TO("/folder/a moved one")));
  check("rename over", rename(AT("/folder/file-4"), TO("/folder/file-5")));
  check("link", link(AT("/folder/file-6"), TO("/folder/linked")));
  put(AT("/folder/linked"), "through the link", O_APPEND);
  check("unlink", unlink(AT("/folder/file-7")));
  put(AT("/folder/file-7"), "again", O_CREAT);
  check("symlink", symlink("file-8", AT("/folder/symbolic")));
  check("mkdir", mkdir(AT("/folder/empty"), 0755));
  check("rmdir", rmdir(AT("/folder/empty")));
  check("mkdir", mkdir(AT("/folder/empty"), 0755));
  struct timespec times[2] = {{1000000000, 123456789}, {0, UTIME_NOW}};
  check("utimens", utimensat(AT_FDCWD, AT("/folder/file-9"), times, 0));
  check("truncate", truncate(AT("/folder/file-10"), 3));
  int fd = open(AT("/folder/file-11"), O_RDWR);
  check("unlink", unlink(AT("/folder/file-11")));
  put(AT("/folder/file-11"), "the next of its name", O_CREAT);
  struct stat st;
  if (fstat(fd, &st) == 0) print("the one that is gone", &st);
  char buffer[64];
  printf("read %zd\n", read(fd, buffer, sizeof buffer));
  close(fd);
}

static void storm(const char *root) {
  char path[1024], other[1024];
  for (int i = 0; i < 160; i++) {
    char name[64];
    snprintf(name, sizeof name, "/storm-%d", i % 40);
    int fd = open(AT(name), O_CREAT | O_RDWR, 0644);
    struct stat st;
    if (fstat(fd, &st) == 0 && i % 30 == 0) print(path, &st);
    close(fd);
    if (i % 3 == 0) check("rename", rename(path, TO("/moved")));
    if (i % 3 == 1) check("unlink", unlink(path));
    if (i % 50 == 49) {
      check("mkdir", mkdir(AT("/storm"), 0755));
      look_at(path);
      check("rmdir", rmdir(path));
    }
  }
}

int main(int argc, char **argv) {
  const char *root = argc > 2 ? argv[2] : "";
  if (argc > 1 && strcmp(argv[1], "make") == 0) make(root);
  if (argc > 1 && strcmp(argv[1], "storm") == 0) storm(root);
  look_below(*root == 0 ? "/" : root);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  printf("now %lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
  return 0;
}
