#include "check.h"

int main(void) {
  for (int i = 0; i < 100; i++) OK(wasi_sched_yield());
  return finish();
}
