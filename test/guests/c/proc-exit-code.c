// expect-exit: 42
// expect-stdout: "before"
#include "check.h"

static void deeper(int levels) {
  if (levels == 0) proc_exit(42);
  deeper(levels - 1);
  say("a call came back from proc_exit\n");
}

int main(void) {
  write_text(1, "before");
  deeper(20);
  write_text(1, "after");
  return 1;
}
