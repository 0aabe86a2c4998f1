// env: PLAIN=1
// env: EMPTY=
// env: SIGNS=a=b=c
// env: TEXT=grüße, мир
#include "check.h"

static int has(char **entries, uint32_t count, const char *entry) {
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(entries[i], entry) == 0) return 1;
  return 0;
}

int main(void) {
  static char buffer[4096];
  static char *entries[32];
  uint32_t count = 0, size = 0;
  NEED(environ_sizes_get(&count, &size));
  if (!TRUE(count >= 4 && count < 32) || !TRUE(size < sizeof buffer - 1)) return 1;

  memset(buffer, 0x5a, sizeof buffer);
  entries[count] = (char *)0x1234;
  NEED(environ_get(entries, buffer));
  TRUE(entries[count] == (char *)0x1234);
  EQUAL(buffer[size], 0x5a);

  char *at = buffer;
  for (uint32_t i = 0; i < count; i++) {
    TRUE(entries[i] == at);
    TRUE(strchr(entries[i], '=') != NULL);
    at += strlen(entries[i]) + 1;
  }
  EQUAL(at - buffer, size);
  TRUE(has(entries, count, "PLAIN=1"));
  TRUE(has(entries, count, "EMPTY="));
  TRUE(has(entries, count, "SIGNS=a=b=c"));
  TRUE(has(entries, count, "TEXT=grüße, мир"));
  // Nothing of the host comes along.
  for (uint32_t i = 0; i < count; i++) {
    TRUE(strncmp(entries[i], "HOME=", 5) != 0);
    TRUE(strncmp(entries[i], "NODE_", 5) != 0);
    TRUE(strncmp(entries[i], "PATH=", 5) != 0);
  }
  return finish();
}
