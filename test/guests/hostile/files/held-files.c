// Two processes of one container against a quota: one holds files open, the other fills and removes them.
//
//     hold DIR N          makes N files, says "held", and after a line of stdin how many bytes they have
//     fill DIR N BYTES    fills each of them and removes it; says how many bytes could be written
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char zeros[65536];

static int open_file(const char *directory, int number, int flags) {
  char path[128];
  snprintf(path, sizeof path, "%s/f%d", directory, number);
  return open(path, flags, 0666);
}

static long long fill(int file, long long wanted) {
  long long done = 0;
  while (done < wanted) {
    ssize_t written = write(file, zeros, sizeof zeros);
    if (written <= 0) break;
    done += written;
  }
  return done;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const char *directory = argv[2];
  int count = atoi(argv[3]);
  long long total = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!strcmp(argv[1], "hold")) {
    int *files = calloc((size_t)count, sizeof *files);
    for (int n = 0; n < count; n++) files[n] = open_file(directory, n, O_CREAT | O_RDWR);
    puts("held");
    if (getchar() == EOF) return 1;
    for (int n = 0; n < count; n++) {
      struct stat stat;
      if (fstat(files[n], &stat) == 0) total += stat.st_size;
    }
    printf("%lld\n", total);
    return 0;
  }
  for (int n = 0; n < count; n++) {
    int file = open_file(directory, n, O_CREAT | O_WRONLY);
    if (file < 0) return 3;
    total += fill(file, atoll(argv[4]));
    close(file);
    char path[128];
    snprintf(path, sizeof path, "%s/f%d", directory, n);
    unlink(path);
  }
  printf("%lld\n", total);
  return 0;
}
