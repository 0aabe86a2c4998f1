#include "libc.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int count_entries(DIR *directory) {
  int count = 0;
  struct dirent *entry;
  while ((entry = readdir(directory)))
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) count++;
  return count;
}

int main(void) {
  char name[32];
  TRUE(mkdir("d", 0777) == 0);
  FAILS(mkdir("d", 0777), EEXIST);
  FAILS(mkdir("none/d", 0777), ENOENT);
  for (int i = 0; i < 200; i++) {
    snprintf(name, sizeof name, "d/%d", i);
    int fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0666);
    TRUE(fd >= 0);
    close(fd);
  }
  DIR *directory = opendir("d");
  TRUE(directory != NULL);
  if (!directory) return 1;
  TRUE(count_entries(directory) == 200);
  rewinddir(directory);
  TRUE(count_entries(directory) == 200);
  rewinddir(directory);
  long at = telldir(directory);
  TRUE(readdir(directory) != NULL);
  struct dirent *second = readdir(directory);
  TRUE(second != NULL);
  (void)at;
  TRUE(faccessat(dirfd(directory), "17", F_OK, 0) == 0);
  TRUE(closedir(directory) == 0);

  FAILS(rmdir("d"), ENOTEMPTY);
  struct dirent **names;
  int found = scandir("d", &names, NULL, alphasort);
  TRUE(found == 200 || found == 202);
  for (int i = 0; i < found; i++) {
    if (names[i]->d_name[0] != '.') {
      snprintf(name, sizeof name, "d/%s", names[i]->d_name);
      TRUE(unlink(name) == 0);
    }
    free(names[i]);
  }
  free(names);
  TRUE(rmdir("d") == 0);
  TRUE(opendir("d") == NULL && errno == ENOENT);
  return finish();
}
