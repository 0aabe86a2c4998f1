#include "readdir.h"

int main(void) {
  static entry all[32], part[32];
  make_directory("d");
  char name[] = "d/entry-a";
  for (char letter = 'a'; letter < 'k'; letter++) {
    name[8] = letter;
    make_file(name, "");
  }
  uint32_t dir = OPEN("d", O_DIR);
  uint32_t count = read_entries(dir, 4096, 0, all, 32);
  EQUAL(count, 12);

  // Each cookie resumes right behind its entry, in any order and as often as one likes.
  for (uint32_t turn = 0; turn < 2; turn++) {
    for (uint32_t i = 0; i < count; i++) {
      uint32_t at = turn ? count - 1 - i : i;
      uint32_t rest = read_entries(dir, 4096, all[at].next, part, 32);
      EQUAL(rest, count - 1 - at);
      for (uint32_t k = 0; k < rest; k++) EQUAL(strcmp(part[k].name, all[at + 1 + k].name), 0);
    }
  }
  // From the start again.
  EQUAL(read_entries(dir, 4096, 0, part, 32), 12);
  for (uint32_t k = 0; k < 12; k++) EQUAL(strcmp(part[k].name, all[k].name), 0);

  // With room for one entry or two at a time nothing is lost and nothing comes twice.
  for (uint32_t size = 24 + 8; size < 100; size += 7) {
    uint32_t got = read_entries(dir, size, 0, part, 32);
    EQUAL(got, 12);
    for (uint32_t k = 0; k < got; k++) EQUAL(strcmp(part[k].name, all[k].name), 0);
  }
  OK(fd_close(dir));
  return finish();
}
