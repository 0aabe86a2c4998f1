// expect-exit: 134
// expect-reason: trapped
volatile int one = 1, zero;

int main(void) { return one / zero; }
