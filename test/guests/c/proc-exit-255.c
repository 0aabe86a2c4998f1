// expect-exit: 255
#include "check.h"

int main(void) { proc_exit(255); }
