// stdin: "17 0x1f word\nsecond line\nlast without newline"
#include <stdio.h>
#include <string.h>

int main(void) {
  int a, b;
  char word[16], line[64];
  if (scanf("%d %i %15s\n", &a, &b, word) != 3) return 1;
  if (a != 17 || b != 31 || strcmp(word, "word")) return 2;
  if (!fgets(line, sizeof line, stdin) || strcmp(line, "second line\n")) return 3;
  if (!fgets(line, sizeof line, stdin) || strcmp(line, "last without newline")) return 4;
  if (fgets(line, sizeof line, stdin) || !feof(stdin) || ferror(stdin)) return 5;
  return 0;
}
