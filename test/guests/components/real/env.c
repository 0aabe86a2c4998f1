// world: command
// wit: command.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor real/wasip1.c
// What a program was given, as a component of wasi:cli/command.
#include "../../c/tools/env.c"
