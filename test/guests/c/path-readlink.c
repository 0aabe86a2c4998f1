#include "check.h"

int main(void) {
  char buffer[32];
  uint32_t used = 99;
  make_link("a/target/of/22/letters", "link");
  make_file("f", "x");
  make_directory("d");

  OK(path_readlink(ROOT, PATH("link"), buffer, sizeof buffer, &used));
  EQUAL(used, 22);
  EQUAL(memcmp(buffer, "a/target/of/22/letters", 22), 0);
  OK(path_readlink(ROOT, PATH("link"), buffer, 22, &used));
  EQUAL(used, 22);

  // Too small a buffer gets what fits, without a NUL.
  memset(buffer, 0x5a, sizeof buffer);
  OK(path_readlink(ROOT, PATH("link"), buffer, 8, &used));
  EQUAL(used, 8);
  EQUAL(memcmp(buffer, "a/target", 8), 0);
  EQUAL(buffer[8], 0x5a);
  OK(path_readlink(ROOT, PATH("link"), buffer, 0, &used));
  EQUAL(used, 0);

  EQUAL(path_readlink(ROOT, PATH("f"), buffer, sizeof buffer, &used), E_INVAL);
  EQUAL(path_readlink(ROOT, PATH("d"), buffer, sizeof buffer, &used), E_INVAL);
  EQUAL(path_readlink(ROOT, PATH("none"), buffer, sizeof buffer, &used), E_NOENT);
  EQUAL(path_readlink(ROOT, PATH("f/x"), buffer, sizeof buffer, &used), E_NOTDIR);
  return finish();
}
