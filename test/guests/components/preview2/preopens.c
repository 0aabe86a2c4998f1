// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"fs":[{"type":"memory","target":"/b"},{"type":"memory","target":"/a"}]}}
// get-directories: every mount by its name, each time with descriptors of their own.
#include "wasi2.h"

static int has(directories *all, const char *name) {
  int found = 0;
  for (size_t n = 0; n < all->count; n++)
    found += all->at[n].path.bytes == strlen(name) && !memcmp(all->at[n].path.at, name, strlen(name));
  return found;
}

void test(void) {
  directories one, two;
  get_directories(&one);
  get_directories(&two);
  EQUAL(one.count, two.count);
  EQUAL(has(&one, "/"), 1);
  EQUAL(has(&one, "/a"), 1);
  EQUAL(has(&one, "/b"), 1);
  EQUAL(one.count, 3);
  EQUAL(is_same_object(one.at[0].made, two.at[0].made), 1);
  EQUAL(is_same_object(one.at[0].made, one.at[1].made), 0);
  for (size_t n = 0; n < one.count; n++) descriptor_drop(one.at[n].made);
  make_file(two.at[1].made, "f", "x");
  TRUE(holds(two.at[1].made, "f", "x"));
}
