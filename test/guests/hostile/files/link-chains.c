// link-chains: chains of 40 and 41 symbolic links, circles, links whose text grows as it is followed, and a
// link that leads through itself.
#include <stdio.h>

#include "check.h"

int main(void) {
  char from[16], to[16];
  static char text[4000];
  make_file("end", "end");
  make_link("end", "l1");
  for (int number = 2; number <= 41; number++) {
    snprintf(from, sizeof from, "l%d", number);
    snprintf(to, sizeof to, "l%d", number - 1);
    make_link(to, from);
  }
  TRUE(holds("l40", "end"));
  EQUAL(try_open(ROOT, FOLLOW, "l41", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, FOLLOW, "l41", O_CREATE, RIGHT_WRITE), E_LOOP);

  make_link("circle2", "circle1");
  make_link("circle1", "circle2");
  make_link("self/self", "self");
  // A mount refuses to keep this one, since the host might follow it out.
  EITHER(path_symlink(PATH("self2/../self2/../self2"), ROOT, PATH("self2")), SUCCESS, E_PERM);
  EITHER(try_open(ROOT, FOLLOW, "self2", 0, RIGHT_READ), E_LOOP, E_NOENT);
  EQUAL(try_open(ROOT, FOLLOW, "circle1", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, FOLLOW, "self", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, FOLLOW, "self/x", 0, RIGHT_READ), E_LOOP);

  // Each of forty links is followed by two thousand segments more.
  make_directory("d");
  for (uint32_t at = 0; at + 1 < sizeof text; at += 2) memcpy(text + at, "./", 2);
  for (int number = 1; number <= 60; number++) {
    snprintf(from, sizeof from, "g%d", number);
    int length = snprintf(to, sizeof to, number == 1 ? "end" : "g%d", number - 1);
    memcpy(text + 3900, to, (uint32_t)length);
    NEED(path_symlink(text, 3900 + (uint32_t)length, ROOT, from, (uint32_t)strlen(from)));
    for (uint32_t at = 0; at + 1 < sizeof text; at += 2) memcpy(text + at, "./", 2);
  }
  TRUE(holds("g40", "end"));
  EQUAL(try_open(ROOT, FOLLOW, "g41", 0, RIGHT_READ), E_LOOP);

  // "." and "d/.." as often as the path allows cost no more than their length.
  uint32_t length = 0;
  while (length + 5 < 3900) memcpy(text + length, "d/../", 5), length += 5;
  memcpy(text + length, "end", 3);
  wasi_filestat stat;
  OK(path_filestat_get(ROOT, 0, text, length + 3, &stat));
  EQUAL(stat.size, 3);
  return finish();
}
