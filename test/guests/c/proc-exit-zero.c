// expect-exit: 0
// expect-stdout: ""
#include "check.h"

int main(void) {
  proc_exit(0);
  write_text(1, "after");
  return 1;
}
