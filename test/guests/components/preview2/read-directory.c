// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// read-directory: every entry once, with its type, neither `.` nor `..`; streams on their own; their end.
#include "wasi2.h"

enum { COUNT = 300 };
static uint8_t seen[COUNT];

static const char *name_of(u32 number) {
  static char name[] = "d/entry-000";
  name[8] = '0' + number / 100;
  name[9] = '0' + number / 10 % 10;
  name[10] = '0' + number % 10;
  return name;
}
static int next(handle entries, listed *answer) {
  read_entry(entries, answer);
  return CODE(*answer);
}

void test(void) {
  handle root = preopen("/");
  NEED(make_directory(root, "d"), OK);
  for (u32 n = 0; n < COUNT; n++) make_file(root, name_of(n), "");
  handle dir = OPEN(root, "d", OPEN_DIRECTORY, READ);
  made one, two;
  read_directory(dir, &one);
  read_directory(dir, &two);
  NEED(CODE(one), OK);
  NEED(CODE(two), OK);
  listed entry;
  EQUAL(next(two.value, &entry), OK);
  EQUAL(entry.some, 1);
  u32 count = 0;
  for (;;) {
    NEED(next(one.value, &entry), OK);
    if (!entry.some) break;
    EQUAL(entry.entry.type, REGULAR_FILE);
    NEED(entry.entry.name.bytes, 9);
    const char *digits = entry.entry.name.at + 6;
    u32 number = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0';
    NEED(number < COUNT, 1);
    seen[number]++;
    count++;
    forget();
  }
  EQUAL(count, COUNT);
  for (u32 n = 0; n < COUNT; n++) EQUAL(seen[n], 1);
  EQUAL(next(one.value, &entry), OK);
  EQUAL(entry.some, 0);
  // The second one goes on where it was, also when the directory's handle is gone.
  descriptor_drop(dir);
  for (count = 1;; count++) {
    NEED(next(two.value, &entry), OK);
    if (!entry.some) break;
    forget();
  }
  EQUAL(count, COUNT);
  entries_drop(one.value);
  entries_drop(two.value);

  NEED(make_directory(root, "types"), OK);
  NEED(make_directory(root, "types/d"), OK);
  NEED(make_symlink(root, "none", "types/l"), OK);
  make_file(root, "types/f", "");
  dir = OPEN(root, "types", OPEN_DIRECTORY, READ);
  read_directory(dir, &one);
  for (count = 0;; count++) {
    NEED(next(one.value, &entry), OK);
    if (!entry.some) break;
    EQUAL(entry.entry.name.bytes, 1);
    char letter = entry.entry.name.at[0];
    EQUAL(entry.entry.type, letter == 'd' ? DIRECTORY : letter == 'l' ? SYMBOLIC_LINK : REGULAR_FILE);
  }
  EQUAL(count, 3);
  entries_drop(one.value);
  descriptor_drop(dir);

  handle file = OPEN(root, "types/f", 0, READ);
  read_directory(file, &one);
  EQUAL(CODE(one), NOT_DIRECTORY);
}
