// Prints "before", then executes `unreachable`.
#include <unistd.h>

int main(void) {
  write(1, "before\n", 7);
  __builtin_trap();
}
