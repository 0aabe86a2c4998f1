#include "readdir.h"

// 600 entries through a small buffer: each exactly once.
int main(void) {
  static entry all[700];
  static uint8_t seen[600];
  make_directory("d");
  uint32_t dir = OPEN("d", O_DIR);
  char name[] = "file-000";
  for (int i = 0; i < 600; i++) {
    name[5] = '0' + i / 100;
    name[6] = '0' + i / 10 % 10;
    name[7] = '0' + i % 10;
    uint32_t fd = open_at_line(__LINE__, dir, name, O_CREATE | O_EXCLUSIVE, 0);
    NEED(fd_close(fd));
  }
  uint32_t count = read_entries(dir, 512, 0, all, 700);
  EQUAL(count, 602);
  for (uint32_t i = 0; i < count; i++) {
    if (all[i].name[0] == '.') continue;
    int number = (all[i].name[5] - '0') * 100 + (all[i].name[6] - '0') * 10 + all[i].name[7] - '0';
    if (!TRUE(number >= 0 && number < 600)) continue;
    seen[number]++;
  }
  for (int i = 0; i < 600; i++)
    if (!EQUAL(seen[i], 1)) break;
  OK(fd_close(dir));
  return finish();
}
