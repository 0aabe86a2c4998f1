// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// version: 0.2.3
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry -DWASI="0.2.3"
// run: {"args":["argument"]}
// expect: {"stdout":"file argument"}
// Built for WASI 0.2.3.
#include "versions.h"
