// build: -nostartfiles
// args: ["first"]
// stdin: "x"
// expect-stdout: "old but well\n"
#include "unstable.h"

void _start(void) {
  const uint64_t ms = 1000000;
  old_subscription in[2];
  old_event out[2];
  uint32_t events = 0;
  uint64_t start, end;
  memset(in, 0, sizeof in);
  in[0].userdata = 5;
  in[0].tag = 0;
  in[0].u.clock.identifier = 99;
  in[0].u.clock.id = 1;
  in[0].u.clock.timeout = 10 * ms;
  OK(old_clock_time_get(1, 1, &start));
  OK(old_poll_oneoff(in, out, 1, &events));
  OK(old_clock_time_get(1, 1, &end));
  TRUE(events == 1 && out[0].userdata == 5 && out[0].error == 0 && out[0].type == 0);
  TRUE(end - start >= 10 * ms);
  // The second record lies 56 bytes on.
  in[0].u.clock.timeout = 600000 * ms;
  in[1].userdata = 6;
  in[1].tag = 1;
  in[1].u.fd.fd = 0;
  OK(old_poll_oneoff(in, out, 2, &events));
  TRUE(events == 1 && out[0].userdata == 6 && out[0].type == 1);

  uint32_t count, size;
  OK(old_args_sizes_get(&count, &size));
  TRUE(count == 2 && size < 200);
  char buffer[200], *argv[2];
  OK(old_args_get(argv, buffer));
  TRUE(strcmp(argv[1], "first") == 0);
  char random[16] = {0}, zero[16] = {0};
  OK(old_random_get(random, 16));
  TRUE(memcmp(random, zero, 16) != 0);
  old_iovec part = {"old but well\n", 13};
  OK(old_fd_write(1, &part, 1, &count));
  old_proc_exit(0);
}
