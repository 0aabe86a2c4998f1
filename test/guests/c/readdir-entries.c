#include "readdir.h"

int main(void) {
  static entry all[16];
  make_directory("d");
  make_directory("d/sub");
  make_file("d/file", "x");
  make_link("file", "d/link");
  uint32_t dir = OPEN("d", O_DIR);
  uint32_t count = read_entries(dir, 4096, 0, all, 16);
  EQUAL(count, 5);

  struct { const char *name; uint8_t type; } expected[] = {
      {".", TYPE_DIRECTORY}, {"..", TYPE_DIRECTORY}, {"sub", TYPE_DIRECTORY}, {"file", TYPE_REGULAR}, {"link", TYPE_LINK}};
  for (int i = 0; i < 5; i++) {
    const entry *found = find_entry(all, count, expected[i].name);
    if (!TRUE(found != NULL)) continue;
    EQUAL(found->type, expected[i].type);
    if (i == 1) continue; // ".." may lie outside of what the guest sees
    wasi_filestat stat;
    OK(path_filestat_get(dir, 0, PATH(expected[i].name), &stat));
    EQUAL(found->ino, stat.ino);
  }
  // Each cookie is unlike the others.
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t k = 0; k < i; k++) TRUE(all[i].next != all[k].next);

  // An empty directory has the two of itself and its parent.
  uint32_t empty = OPEN("d/sub", O_DIR);
  EQUAL(read_entries(empty, 4096, 0, all, 16), 2);
  OK(fd_close(empty));
  OK(fd_close(dir));
  return finish();
}
