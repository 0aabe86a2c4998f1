// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"grants":{"fs":[{"type":"memory","target":"/scratch"}]},"rootfs":"read-only"}
// over: image
// A tree that may only be read: whatever would change it is refused as read-only, and nothing has changed.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/"), scratch = preopen("/scratch");
  done answer;
  EQUAL(try_open(root, 0, "new", CREATE, READ | WRITE), READ_ONLY);
  EQUAL(make_directory(root, "d"), READ_ONLY);
  EQUAL(make_symlink(root, "x", "l"), READ_ONLY);
  made listing;
  read_directory(root, &listing);
  NEED(CODE(listing), OK);
  listed entry;
  // The image's module itself, whatever it is called.
  static char name[256];
  for (;;) {
    read_entry(listing.value, &entry);
    NEED(CODE(entry), OK);
    NEED(entry.some, 1);
    if (entry.entry.type == REGULAR_FILE) break;
  }
  memcpy(name, entry.entry.name.at, entry.entry.name.bytes);
  entries_drop(listing.value);
  EQUAL(try_open(root, 0, name, 0, READ), OK);
  EQUAL(try_open(root, 0, name, 0, READ | WRITE), READ_ONLY);
  EQUAL(try_open(root, 0, name, TRUNCATE, READ), READ_ONLY);
  EQUAL(unlink_file(root, name), READ_ONLY);
  EQUAL(move(root, name, root, "moved"), READ_ONLY);
  EQUAL(make_link(root, 0, name, root, "linked"), READ_ONLY);
  EQUAL(make_link(root, 0, name, scratch, "linked"), CROSS_DEVICE);
  EQUAL(move(root, name, scratch, "moved"), CROSS_DEVICE);
  set_times_at(root, 0, PATH(name), NOW, 0, 0, NOW, 0, 0, &answer);
  EQUAL(CODE(answer), READ_ONLY);
  EQUAL(make_directory(scratch, "d"), OK);
}
