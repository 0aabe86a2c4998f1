// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"stdin":"x"}
// poll: the places of all that are ready, in their order, one twice as well; what is not ready is not told.
#include "wasi2.h"

void test(void) {
  u64 ms = 1000000, start = monotonic_now();
  handle soon = subscribe_duration(5 * ms), late = subscribe_duration(3600000 * ms);
  handle past = subscribe_instant(0), none = subscribe_duration(0);
  EQUAL(pollable_ready(late), 0);
  EQUAL(pollable_ready(past), 1);
  EQUAL(pollable_ready(none), 1);
  places found;
  poll_all((handle[]){late, soon}, 2, &found);
  EQUAL(found.count, 1);
  EQUAL(found.at[0], 1);
  TRUE(monotonic_now() - start >= 5 * ms);
  TRUE(monotonic_now() - start < 1000000 * ms);
  EQUAL(pollable_ready(soon), 1);
  poll_all((handle[]){past, late, soon, none, soon}, 5, &found);
  EQUAL(found.count, 4);
  EQUAL(found.at[0], 0);
  EQUAL(found.at[1], 2);
  EQUAL(found.at[2], 3);
  EQUAL(found.at[3], 4);
  handle in = get_stdin();
  handle input = input_subscribe(in);
  poll_all((handle[]){input, late}, 2, &found);
  EQUAL(found.count, 1);
  EQUAL(found.at[0], 0);
  pollable_drop(input);
  handle out = get_stdout();
  handle output = output_subscribe(out);
  poll_all((handle[]){late, output}, 2, &found);
  EQUAL(found.count, 1);
  EQUAL(found.at[0], 1);
  start = monotonic_now();
  handle instant = subscribe_instant(start + 7 * ms);
  pollable_block(instant);
  TRUE(monotonic_now() >= start + 7 * ms);
  pollable_block(past);
}
