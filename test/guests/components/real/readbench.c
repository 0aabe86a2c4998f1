// world: command
// wit: command.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor real/wasip1.c
// The bench of file calls, as a component of wasi:cli/command.
#include "../../c/tools/readbench.c"
