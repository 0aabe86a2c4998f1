// adapter: command
// Says hello, as a component of the world wasi:cli/command: a preview 1 program behind jco's adapter.
#include <stdio.h>

int main(int argc, char **argv) {
  printf("Hello, %s!\n", argc > 1 ? argv[1] : "component");
  return 0;
}
