// world: tests
// wit: ../preview2/world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// Touches what it was not granted: /data is read-only, and in /new files may be made but not changed.
#include "../preview2/wasi2.h"

static handle data, new;

static void set_times(handle dir, const char *path, int expected) {
  done answer;
  set_times_at(dir, 0, PATH(path), NOW, 0, 0, NOW, 0, 0, &answer);
  EQUAL(CODE(answer), expected);
}

static void read_only(void) {
  EQUAL(try_open(data, 0, "there", 0, READ | WRITE), READ_ONLY);
  EQUAL(try_open(data, 0, "there", TRUNCATE, WRITE), READ_ONLY);
  EQUAL(try_open(data, 0, "made", CREATE, WRITE), READ_ONLY);
  EQUAL(make_directory(data, "folder"), READ_ONLY);
  EQUAL(unlink_file(data, "there"), READ_ONLY);
  EQUAL(move(data, "there", data, "moved"), READ_ONLY);
  EQUAL(make_symlink(data, "there", "link"), READ_ONLY);
  set_times(data, "there", READ_ONLY);
  EQUAL(try_open(data, 0, "there", 0, READ), OK);
}

static void create_only(void) {
  make_file(new, "made", "by the guest");
  EQUAL(try_open(new, 0, "there", 0, READ | WRITE), NOT_PERMITTED);
  EQUAL(unlink_file(new, "there"), NOT_PERMITTED);
  EQUAL(move(new, "there", new, "moved"), NOT_PERMITTED);
}

static void outside(handle dir) {
  file_stat found;
  EQUAL(try_open(dir, FOLLOW, "../secret", 0, READ), NOT_PERMITTED);
  EQUAL(try_stat(dir, FOLLOW, "../secret", &found), NOT_PERMITTED);
  EQUAL(try_stat(dir, FOLLOW, "out", &found), NOT_PERMITTED);
  EQUAL(try_open(dir, FOLLOW, "out", 0, READ), NOT_PERMITTED);
  EQUAL(make_symlink(new, "/etc/passwd", "absolute"), NOT_PERMITTED);
  EQUAL(move(new, "made", dir, "../moved"), NOT_PERMITTED);
}

void test(void) {
  data = preopen("/data");
  new = preopen("/new");
  read_only();
  create_only();
  outside(data);
  // What is not there is no denial.
  EQUAL(try_open(data, 0, "nothing", 0, READ), NO_ENTRY);
}
