// A file tool in one program; several commands may follow each other with the word "then" between:
//
//   read PATH            prints the content          rm PATH       removes a file
//   write PATH TEXT      replaces the content        rmdir PATH    removes an empty directory
//   append PATH TEXT     adds to the end             mkdir PATH    makes a directory
//   fill PATH BYTES      writes so many bytes 'x'    mv FROM TO    renames
//   list PATH            "<type> <name>" by name     ln FROM TO    makes a hard link
//   stat PATH            "<type> <size> <links>"     symlink TEXT PATH, readlink PATH
//   truncate PATH BYTES  sets the size               exists PATH   "yes" or "no"
//
// Types: f file, d directory, l symbolic link, ? other. On an error it prints "<verb> <path>: <ERRNO>"
// to stderr and leaves with 1; with 64 when it does not know the command.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char buffer[65536];

static const char *errno_name(int code) {
  static char number[16];
#define NAME(x) case x: return #x
  switch (code) {
    NAME(EACCES); NAME(EBADF); NAME(EBUSY); NAME(EDQUOT); NAME(EEXIST); NAME(EFBIG); NAME(EILSEQ);
    NAME(EINVAL); NAME(EIO); NAME(EISDIR); NAME(ELOOP); NAME(EMFILE); NAME(EMLINK);
    NAME(ENAMETOOLONG); NAME(ENFILE); NAME(ENOENT); NAME(ENOSPC); NAME(ENOSYS); NAME(ENOTCAPABLE);
    NAME(ENOTDIR); NAME(ENOTEMPTY); NAME(ENOTSUP); NAME(EPERM); NAME(EROFS); NAME(EXDEV);
  }
#undef NAME
  snprintf(number, sizeof number, "E%d", code);
  return number;
}

static char type_letter(mode_t mode) {
  return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : '?';
}

static int write_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t put = write(fd, text, length);
    if (put < 0) return -1;
    text += put;
    length -= put;
  }
  return 0;
}

static int read_file(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  ssize_t got;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) write_all(1, buffer, got);
  int problem = errno;
  close(fd);
  errno = problem;
  return got < 0 ? -1 : 0;
}

static int write_file(const char *path, int flags, const char *text, size_t length) {
  int fd = open(path, O_WRONLY | O_CREAT | flags, 0666);
  if (fd < 0) return -1;
  int answer = write_all(fd, text, length);
  int problem = errno;
  if (close(fd) != 0 && answer == 0) return -1;
  errno = problem;
  return answer;
}

static int fill_file(const char *path, unsigned long long bytes) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0) return -1;
  memset(buffer, 'x', sizeof buffer);
  int answer = 0;
  while (bytes > 0 && answer == 0) {
    size_t part = bytes < sizeof buffer ? bytes : sizeof buffer;
    answer = write_all(fd, buffer, part);
    bytes -= part;
  }
  int problem = errno;
  close(fd);
  errno = problem;
  return answer;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static int list_directory(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return -1;
  char **names = NULL;
  size_t count = 0;
  struct dirent *entry;
  errno = 0;
  while ((entry = readdir(directory))) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    names = realloc(names, (count + 1) * sizeof *names);
    char type = entry->d_type == DT_REG ? 'f' : entry->d_type == DT_DIR ? 'd' : entry->d_type == DT_LNK ? 'l' : '?';
    size_t size = strlen(entry->d_name) + 3;
    names[count] = malloc(size + 1);
    // The name comes first for the sake of the order.
    snprintf(names[count], size, "%s %c", entry->d_name, type);
    count++;
  }
  int problem = errno;
  closedir(directory);
  if (problem) {
    errno = problem;
    return -1;
  }
  if (count) qsort(names, count, sizeof *names, by_name);
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(names[i]);
    printf("%c %.*s\n", names[i][length - 1], (int)length - 2, names[i]);
  }
  return 0;
}

static int stat_path(const char *path) {
  struct stat info;
  if (lstat(path, &info) != 0) return -1;
  printf("%c %lld %d\n", type_letter(info.st_mode), (long long)info.st_size, (int)info.st_nlink);
  return 0;
}

static int print_link(const char *path) {
  ssize_t got = readlink(path, buffer, sizeof buffer - 1);
  if (got < 0) return -1;
  printf("%.*s\n", (int)got, buffer);
  return 0;
}

static int print_existence(const char *path) {
  struct stat info;
  puts(lstat(path, &info) == 0 ? "yes" : "no");
  return 0;
}

static int run(int count, char **word) {
  const char *verb = word[0];
  const char *path = count > 1 ? word[1] : "";
  const char *more = count > 2 ? word[2] : "";
  int answer;
  if (count == 2 && !strcmp(verb, "read")) answer = read_file(path);
  else if (count == 3 && !strcmp(verb, "write")) answer = write_file(path, O_TRUNC, more, strlen(more));
  else if (count == 3 && !strcmp(verb, "append")) answer = write_file(path, O_APPEND, more, strlen(more));
  else if (count == 3 && !strcmp(verb, "fill")) answer = fill_file(path, strtoull(more, NULL, 10));
  else if (count == 2 && !strcmp(verb, "list")) answer = list_directory(path);
  else if (count == 2 && !strcmp(verb, "stat")) answer = stat_path(path);
  else if (count == 2 && !strcmp(verb, "exists")) answer = print_existence(path);
  else if (count == 2 && !strcmp(verb, "rm")) answer = unlink(path);
  else if (count == 2 && !strcmp(verb, "rmdir")) answer = rmdir(path);
  else if (count == 2 && !strcmp(verb, "mkdir")) answer = mkdir(path, 0777);
  else if (count == 3 && !strcmp(verb, "mv")) answer = rename(path, more);
  else if (count == 3 && !strcmp(verb, "ln")) answer = link(path, more);
  else if (count == 3 && !strcmp(verb, "symlink")) answer = symlink(path, more);
  else if (count == 2 && !strcmp(verb, "readlink")) answer = print_link(path);
  else if (count == 3 && !strcmp(verb, "truncate")) answer = truncate(path, strtoll(more, NULL, 10));
  else {
    fprintf(stderr, "files: no such command: %s with %d words\n", verb, count);
    return 64;
  }
  fflush(stdout);
  if (answer == 0) return 0;
  fprintf(stderr, "%s %s: %s\n", verb, path, errno_name(errno));
  return 1;
}

int main(int argc, char **argv) {
  for (int from = 1; from < argc;) {
    int to = from;
    while (to < argc && strcmp(argv[to], "then")) to++;
    if (to > from) {
      int code = run(to - from, argv + from);
      if (code) return code;
    }
    from = to + 1;
  }
  return 0;
}
