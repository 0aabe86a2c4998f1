// build: -nostartfiles
// expect-exit: 9
#include "unstable.h"

void _start(void) { old_proc_exit(9); }
