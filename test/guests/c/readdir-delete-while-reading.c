#include "readdir.h"

// What `rm -r` does: read a few names, delete them, go on from the last cookie, begin again until nothing
// is left.
int main(void) {
  static entry all[8];
  static char buffer[200];
  make_directory("d");
  uint32_t dir = OPEN("d", O_DIR);
  char name[] = "f00";
  for (int i = 0; i < 50; i++) {
    name[1] = '0' + i / 10;
    name[2] = '0' + i % 10;
    uint32_t fd = open_at_line(__LINE__, dir, name, O_CREATE, 0);
    NEED(fd_close(fd));
  }
  int removed = 0;
  for (int pass = 0; pass < 60; pass++) {
    uint64_t cookie = 0;
    int here = 0;
    for (;;) {
      uint32_t used = 0, at = 0;
      NEED(fd_readdir(dir, buffer, sizeof buffer, cookie, &used));
      while (at + sizeof(wasi_dirent) <= used) {
        wasi_dirent head;
        memcpy(&head, buffer + at, sizeof head);
        if (at + sizeof head + head.name_length > used) break;
        const char *entry_name = buffer + at + sizeof head;
        cookie = head.next;
        at += sizeof head + head.name_length;
        if (entry_name[0] == '.') continue;
        // Each name is handed out only while it exists.
        OK(path_unlink_file(dir, entry_name, head.name_length));
        removed++;
        here++;
      }
      if (used < sizeof buffer) break;
    }
    if (here == 0) break;
  }
  EQUAL(removed, 50);
  EQUAL(read_entries(dir, 4096, 0, all, 8), 2);
  OK(fd_close(dir));
  OK(path_remove_directory(ROOT, PATH("d")));
  return finish();
}
