// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// set-times and set-times-at: given, now and as they are; to the nanosecond; of links themselves.
#include "wasi2.h"

static int set_at(handle dir, u32 follow, const char *path, u32 kind, u64 seconds, u32 ns, u32 kind2, u64 seconds2, u32 ns2) {
  done answer;
  set_times_at(dir, follow, PATH(path), kind, seconds, ns, kind2, seconds2, ns2, &answer);
  return CODE(answer);
}

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "x");
  NEED(make_symlink(root, "f", "l"), OK);
  handle file = OPEN(root, "f", 0, READ | WRITE);
  done set;
  file_set_times(file, TIMESTAMP, 1000, 123456789, TIMESTAMP, 2000, 987654321, &set);
  EQUAL(CODE(set), OK);
  statted found;
  stat_of(file, &found);
  EQUAL(found.value.accessed.value.seconds, 1000);
  EQUAL(found.value.accessed.value.nanoseconds, 123456789);
  EQUAL(found.value.modified.value.seconds, 2000);
  EQUAL(found.value.modified.value.nanoseconds, 987654321);
  file_set_times(file, NO_CHANGE, 0, 0, TIMESTAMP, 3000, 5, &set);
  EQUAL(CODE(set), OK);
  stat_of(file, &found);
  EQUAL(found.value.accessed.value.seconds, 1000);
  EQUAL(found.value.modified.value.seconds, 3000);
  EQUAL(found.value.modified.value.nanoseconds, 5);
  file_set_times(file, NO_CHANGE, 0, 0, NO_CHANGE, 0, 0, &set);
  EQUAL(CODE(set), OK);
  stat_of(file, &found);
  EQUAL(found.value.modified.value.seconds, 3000);
  datetime before, after;
  wall_now(&before);
  file_set_times(file, NOW, 0, 0, NO_CHANGE, 0, 0, &set);
  EQUAL(CODE(set), OK);
  wall_now(&after);
  stat_of(file, &found);
  TRUE(found.value.accessed.value.seconds + 2 >= before.seconds);
  TRUE(found.value.accessed.value.seconds <= after.seconds + 2);
  EQUAL(found.value.modified.value.seconds, 3000);

  file_stat link, target;
  EQUAL(set_at(root, FOLLOW, "l", TIMESTAMP, 7000, 1, TIMESTAMP, 8000, 2), OK);
  EQUAL(try_stat(root, 0, "f", &target), OK);
  EQUAL(target.accessed.value.seconds, 7000);
  EQUAL(target.modified.value.seconds, 8000);
  EQUAL(target.modified.value.nanoseconds, 2);
  EQUAL(set_at(root, 0, "l", TIMESTAMP, 9000, 0, TIMESTAMP, 9500, 0), OK);
  EQUAL(try_stat(root, 0, "l", &link), OK);
  EQUAL(link.modified.value.seconds, 9500);
  EQUAL(try_stat(root, 0, "f", &target), OK);
  EQUAL(target.modified.value.seconds, 8000);
  EQUAL(set_at(root, 0, "none", NOW, 0, 0, NOW, 0, 0), NO_ENTRY);
  NEED(make_directory(root, "d"), OK);
  EQUAL(set_at(root, 0, "d", TIMESTAMP, 100, 0, TIMESTAMP, 200, 0), OK);
  EQUAL(try_stat(root, 0, "d", &target), OK);
  EQUAL(target.modified.value.seconds, 200);
  // A time that no host can keep.
  file_set_times(file, TIMESTAMP, ~(u64)0, 0, NO_CHANGE, 0, 0, &set);
  EQUAL(CODE(set), OVERFLOW);
}
