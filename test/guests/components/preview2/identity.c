// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// metadata-hash, metadata-hash-at and is-same-object: the same for the same, different for others.
#include "wasi2.h"

static hashed at(handle dir, u32 follow, const char *path) {
  hashed answer;
  hash_at(dir, follow, PATH(path), &answer);
  return answer;
}
static int same(hashed one, hashed two) { return one.lower == two.lower && one.upper == two.upper; }

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "");
  make_file(root, "g", "");
  NEED(make_symlink(root, "f", "l"), OK);
  NEED(make_link(root, 0, "f", root, "hard"), OK);
  handle one = OPEN(root, "f", 0, READ), two = OPEN(root, "f", 0, READ | WRITE), other = OPEN(root, "g", 0, READ);
  hashed hash, again;
  hash_of(one, &hash);
  EQUAL(CODE(hash), OK);
  hash_of(one, &again);
  TRUE(same(hash, again));
  hash_of(two, &again);
  TRUE(same(hash, again));
  TRUE(same(hash, at(root, 0, "f")));
  TRUE(same(hash, at(root, FOLLOW, "l")));
  TRUE(same(hash, at(root, 0, "hard")));
  TRUE(!same(hash, at(root, 0, "l")));
  TRUE(!same(hash, at(root, 0, "g")));
  TRUE(!same(hash, at(root, 0, ".")));
  EQUAL(at(root, 0, "none").code, NO_ENTRY);
  EQUAL(is_same_object(one, one), 1);
  EQUAL(is_same_object(one, two), 1);
  EQUAL(is_same_object(one, other), 0);
  EQUAL(is_same_object(one, root), 0);
  hash_of(root, &hash);
  TRUE(same(hash, at(root, 0, ".")));
  // Where a file is does not matter.
  NEED(move(root, "f", root, "moved"), OK);
  handle moved = OPEN(root, "moved", 0, READ);
  EQUAL(is_same_object(one, moved), 1);
}
