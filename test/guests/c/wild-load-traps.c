// expect-exit: 134
// expect-reason: trapped
#include <stdint.h>

volatile uintptr_t wild = 0xfffffff0u;

int main(void) { return *(volatile int *)wild; }
