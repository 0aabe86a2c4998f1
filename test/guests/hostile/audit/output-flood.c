// Writes to stdout until that fails, and ends with the errno.
#include "wasi.h"

int main(void) {
  static char bytes[65536];
  for (;;) {
    uint32_t written;
    wasi_iovec part = {bytes, sizeof bytes};
    wasi_errno error = fd_write(1, &part, 1, &written);
    if (error != SUCCESS) proc_exit(error);
  }
}
