// build: -nostartfiles -Wl,--global-base=4096
#include "check.h"

// In WebAssembly 0 is an address like others: what is asked for there comes there.
void _start(void) {
  char *zero = (char *)0;
  __asm__("" : "+r"(zero)); // the compiler must not know
  OK(path_open(ROOT, 0, PATH("f"), O_CREATE, RIGHTS_ALL, 0, 0, (uint32_t *)zero));
  uint32_t fd;
  memcpy(&fd, zero, 4);
  TRUE(fd > ROOT);
  write_text(fd, "abc");
  uint32_t got;
  OK(pread_once(fd, zero, 3, 0, &got));
  EQUAL(got, 3);
  TRUE(zero[0] == 'a' && zero[2] == 'c');
  memcpy(zero, "f", 1);
  wasi_filestat stat;
  OK(path_filestat_get(ROOT, 0, zero, 1, &stat));
  EQUAL(stat.size, 3);
  OK(random_get(zero, 8));
  proc_exit(finish());
}
