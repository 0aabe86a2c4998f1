// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// version: 0.2.12
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry -DWASI="0.2.12"
// run: {"args":["argument"]}
// expect: {"stdout":"file argument"}
// Built for WASI 0.2.12.
#include "versions.h"
