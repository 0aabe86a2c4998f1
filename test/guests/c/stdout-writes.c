// expect-stdout: "one two three\u0000four\n"
// expect-stderr: "problem\n"
#include "check.h"

int main(void) {
  uint32_t put = 9;
  OK(fd_write(1, NULL, 0, &put));
  EQUAL(put, 0);
  OK(write_once(1, "unseen", 0, &put));
  EQUAL(put, 0);
  write_text(1, "one ");
  write_text(2, "prob");
  wasi_iovec parts[] = {{"two", 3}, {"", 0}, {" ", 1}, {"three", 6}, {"four\n", 5}};
  NEED(fd_write(1, parts, 5, &put));
  // A host may take only some of it: the rest follows.
  for (int i = 0; i < 5; i++) {
    if (put >= parts[i].length) {
      put -= parts[i].length;
      continue;
    }
    write_all(1, (char *)parts[i].data + put, parts[i].length - put);
    put = 0;
  }
  write_text(2, "lem\n");
  return finish();
}
