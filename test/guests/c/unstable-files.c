// build: -nostartfiles
#include "unstable.h"

void _start(void) {
  uint32_t fd, count;
  uint64_t position;
  old_filestat stat;
  OK(old_path_open(3, 1, "old", 3, 1, (1 << 29) - 1, 0, 0, &fd));
  old_iovec part = {"0123456789", 10};
  OK(old_fd_write(fd, &part, 1, &count));
  TRUE(count == 10);
  // CUR is 0, END is 1, SET is 2.
  OK(old_fd_seek(fd, 3, OLD_FROM_START, &position));
  TRUE(position == 3);
  OK(old_fd_seek(fd, 2, OLD_FROM_HERE, &position));
  TRUE(position == 5);
  OK(old_fd_seek(fd, -1, OLD_FROM_END, &position));
  TRUE(position == 9);
  char byte = 0;
  old_iovec into = {&byte, 1};
  OK(old_fd_read(fd, &into, 1, &count));
  TRUE(byte == '9');
  OK(old_fd_tell(fd, &position));
  TRUE(position == 10);

  OK(old_path_link(3, 0, "old", 3, 3, "twin", 4));
  // Nothing is written past the 56 bytes.
  struct { old_filestat stat; uint64_t canary; } place;
  memset(&place, 0x5a, sizeof place);
  OK(old_fd_filestat_get(fd, &place.stat));
  TRUE(place.canary == 0x5a5a5a5a5a5a5a5a);
  TRUE(place.stat.type == 4);
  TRUE(place.stat.nlink == 2);
  TRUE(place.stat.size == 10);
  memset(&place, 0x5a, sizeof place);
  OK(old_path_filestat_get(3, 0, "twin", 4, &place.stat));
  TRUE(place.canary == 0x5a5a5a5a5a5a5a5a);
  TRUE(place.stat.nlink == 2 && place.stat.size == 10);
  OK(old_path_filestat_get(3, 0, ".", 1, &stat));
  TRUE(stat.type == 3);
  OK(old_fd_close(fd));
  old_proc_exit(0);
}
