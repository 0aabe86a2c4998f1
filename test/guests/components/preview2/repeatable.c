// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: memory
// run: {"grants":{"random":{"seed":42},"clock":{"startMs":1893456000000}}}
// expect: {"stdout":"random 8200834111510098106\nclocks 6450018798196289753\nfiles 330959278757192418\n"}
// All that a program could see change from run to run, as one number of 64 bits for each kind: under the frozen
// clock and a seed they are the same for ever.
#include "wasi2.h"

static u64 digest;
static void mix(const void *at, size_t bytes) {
  const uint8_t *from = at;
  for (size_t n = 0; n < bytes; n++) digest = (digest ^ from[n]) * 0x100000001b3u;
}
static void mix_time(maybe_datetime time) {
  mix(&time.value.seconds, 8);
  mix(&time.value.nanoseconds, 4);
}
static void tell(const char *what) {
  handle out = get_stdout();
  say_to(out, what);
  say_to(out, decimal((int64_t)(digest >> 1)));
  say_to(out, "\n");
  output_drop(out);
  digest = 0xcbf29ce484222325u;
}

void test(void) {
  digest = 0xcbf29ce484222325u;
  text bytes;
  u64 words[2];
  random_bytes(1000, &bytes);
  mix(bytes.at, bytes.bytes);
  words[0] = random_u64();
  words[1] = insecure_u64();
  mix(words, 16);
  insecure_seed(words);
  mix(words, 16);
  tell("random ");

  datetime wall;
  for (int n = 0; n < 100; n++) {
    u64 now = monotonic_now();
    mix(&now, 8);
    wall_now(&wall);
    mix(&wall.seconds, 8);
    mix(&wall.nanoseconds, 4);
    handle soon = subscribe_duration(n * 12345), late = subscribe_instant(now + 777777);
    places found;
    poll_all((handle[]){late, soon}, 2, &found);
    mix(found.at, found.count * 4);
    pollable_drop(soon);
    pollable_drop(late);
    forget();
  }
  tell("clocks ");

  handle root = preopen("/");
  NEED(make_directory(root, "dir"), OK);
  static char name[] = "dir/file-a";
  for (char letter = 'z'; letter >= 'a'; letter--) {
    name[9] = letter;
    make_file(root, name, name);
  }
  handle dir = OPEN(root, "dir", OPEN_DIRECTORY, READ | MUTATE);
  NEED(unlink_file(dir, "file-m"), OK);
  NEED(move(dir, "file-b", dir, "moved"), OK);
  made listing;
  read_directory(dir, &listing);
  for (;;) {
    listed entry;
    read_entry(listing.value, &entry);
    NEED(CODE(entry), OK);
    if (!entry.some) break;
    mix(entry.entry.name.at, entry.entry.name.bytes);
    statted found;
    stat_at(dir, 0, entry.entry.name.at, entry.entry.name.bytes, &found);
    NEED(CODE(found), OK);
    mix(&found.value.size, 8);
    mix_time(found.value.accessed);
    mix_time(found.value.modified);
    mix_time(found.value.changed);
    forget();
  }
  tell("files ");
}
