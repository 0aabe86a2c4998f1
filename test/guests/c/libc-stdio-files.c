#include "libc.h"
#include <stdlib.h>

int main(void) {
  char line[64];
  FILE *file = fopen("/notes.txt", "w");
  TRUE(file != NULL);
  if (!file) return 1;
  TRUE(fprintf(file, "%s %d\n", "line", 1) == 7);
  TRUE(fputs("line 2\n", file) >= 0);
  TRUE(fclose(file) == 0);

  file = fopen("notes.txt", "a+");
  TRUE(fputs("line 3\n", file) >= 0);
  rewind(file);
  TRUE(fgets(line, sizeof line, file) && !strcmp(line, "line 1\n"));
  TRUE(fclose(file) == 0);

  file = fopen("./notes.txt", "r+");
  TRUE(fseek(file, 7, SEEK_SET) == 0);
  TRUE(fwrite("LINE", 1, 4, file) == 4);
  TRUE(fseek(file, 0, SEEK_END) == 0);
  TRUE(ftell(file) == 21);
  rewind(file);
  char all[32] = {0};
  TRUE(fread(all, 1, sizeof all, file) == 21);
  TRUE(!strcmp(all, "line 1\nLINE 2\nline 3\n"));
  TRUE(feof(file) && !ferror(file));
  TRUE(ungetc('x', file) == 'x' && fgetc(file) == 'x');
  TRUE(fclose(file) == 0);

  TRUE(fopen("none", "r") == NULL && errno == ENOENT);
  TRUE(fopen("notes.txt", "wx") == NULL && errno == EEXIST);
  TRUE(fopen("/", "w") == NULL && errno == EISDIR);
  // A reader may not write.
  file = fopen("notes.txt", "r");
  TRUE(fputc('x', file) == EOF || fflush(file) == EOF);
  fclose(file);

  // More than the library's buffer, in pieces of odd size.
  file = fopen("big", "w+b");
  for (int i = 0; i < 20000; i++) fprintf(file, "%05d", i);
  TRUE(fseek(file, 5 * 12345, SEEK_SET) == 0);
  TRUE(fscanf(file, "%5s", line) == 1 && atoi(line) == 12345);
  fclose(file);
  TRUE(remove("big") == 0);
  TRUE(rename("notes.txt", "kept.txt") == 0);
  TRUE(fopen("notes.txt", "r") == NULL);
  return finish();
}
