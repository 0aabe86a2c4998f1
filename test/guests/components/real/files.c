// world: command
// wit: command.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor real/wasip1.c
// A program of many file calls, as a component of wasi:cli/command.
#include "../../c/tools/files.c"
