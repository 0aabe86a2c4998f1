// world: tests
// wit: ../preview2/world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// Opens 100,000 of what its first argument names in /data and drops none; says how many it got, and the error of the
// next. Then drops all but one, and gets as many again.
#include "../preview2/wasi2.h"

enum { TRIES = 100000, KEPT = 70000 };
static handle got[KEPT];
static handle data, file;
static char what;

static int take(handle *to) {
  made answer = {0};
  if (what == 'f') open_at(data, 0, PATH("there"), 0, READ, &answer);
  if (what == 'd') open_at(data, 0, PATH("."), OPEN_DIRECTORY, READ, &answer);
  if (what == 'l') read_directory(data, &answer);
  if (what == 's') read_via_stream(file, 0, &answer);
  if (!answer.failed) *to = answer.value;
  return CODE(answer);
}

static void leave(handle one) {
  if (what == 'l') entries_drop(one);
  else if (what == 's') input_drop(one);
  else descriptor_drop(one);
}

static int fill(int from) {
  int count = from;
  int code = OK;
  for (int tries = 0; tries < TRIES; tries++) {
    handle one;
    int failed = take(&one);
    if (failed != OK) code = failed;
    else if (count < KEPT) got[count++] = one;
    else __builtin_trap();
  }
  handle out = get_stdout();
  say_to(out, decimal(count));
  say_to(out, " ");
  say_to(out, decimal(code));
  say_to(out, "\n");
  output_drop(out);
  return count;
}

void test(void) {
  texts arguments;
  get_arguments(&arguments);
  what = *arguments.at[arguments.count - 1].at;
  forget();
  data = preopen("/data");
  file = what == 's' ? OPEN(data, "there", 0, READ) : 0;
  int count = fill(0);
  for (int at = 1; at < count; at++) leave(got[at]);
  EQUAL(fill(1), count);
}
