// expect-exit: 134
// expect-reason: trapped
// expect-stdout: "before\n"
#include <stdlib.h>
#include <unistd.h>

int main(void) {
  write(1, "before\n", 7);
  abort();
}
