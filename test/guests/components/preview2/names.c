// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// Names: empty, long, with dots and slashes, with a NUL, and beyond ASCII.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  static char name[5001];
  memset(name, 'x', 255);
  EQUAL(try_open(root, 0, name, CREATE, WRITE), OK);
  EQUAL(type_at(root, name), REGULAR_FILE);
  memset(name, 'x', 256);
  EQUAL(try_open(root, 0, name, CREATE, WRITE), NAME_TOO_LONG);
  EQUAL(make_directory(root, name), NAME_TOO_LONG);
  for (int n = 0; n < 5000; n++) name[n] = n % 2 ? '/' : '.';
  EQUAL(try_open(root, 0, name, OPEN_DIRECTORY, READ), NAME_TOO_LONG);
  EQUAL(try_open(root, 0, "", 0, READ), NO_ENTRY);
  EQUAL(try_open(root, 0, "", CREATE, WRITE), NO_ENTRY);
  made opened;
  open_at(root, 0, "a\0b", 3, CREATE, WRITE, &opened);
  EQUAL(CODE(opened), INVALID);
  EQUAL(type_at(root, "a"), -100 - NO_ENTRY);
  NEED(make_directory(root, "d"), OK);
  make_file(root, "d//./f", "1");
  TRUE(holds(root, "./d/././//f", "1"));
  TRUE(holds(root, "d/../d/f", "1"));
  EQUAL(try_open(root, 0, "d/f/.", 0, READ), NOT_DIRECTORY);
  EQUAL(try_open(root, 0, "d/f/..", 0, READ), NOT_DIRECTORY);
  EQUAL(try_open(root, 0, "new/", CREATE, WRITE), IS_DIRECTORY);
  const char *words = "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x9a";
  make_file(root, words, "2");
  TRUE(holds(root, words, "2"));
  handle entries;
  made listing;
  read_directory(root, &listing);
  NEED(CODE(listing), OK);
  entries = listing.value;
  int seen = 0;
  for (;;) {
    listed entry;
    read_entry(entries, &entry);
    NEED(CODE(entry), OK);
    if (!entry.some) break;
    seen += entry.entry.name.bytes == strlen(words) && !memcmp(entry.entry.name.at, words, strlen(words));
  }
  EQUAL(seen, 1);
  entries_drop(entries);
}
