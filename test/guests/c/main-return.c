// expect-exit: 7
// expect-stdout: "main\nlast\n"
#include <stdio.h>
#include <stdlib.h>

static void last(void) { puts("last"); }

// The value of main is the exit code, handlers run and buffers are flushed before.
int main(void) {
  atexit(last);
  puts("main");
  return 7;
}
