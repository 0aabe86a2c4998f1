// world: command
// wit: real/command.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor real/wasip1.c
// Says hello, as a component of the world wasi:cli/command.
#include <stdio.h>

int main(int argc, char **argv) {
  printf("Hello, %s!\n", argc > 1 ? argv[1] : "component");
  return 0;
}
