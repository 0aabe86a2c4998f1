// A bit of every package, for the versions of WASI 0.2 that programs were built for.
#include "wasi2.h"

void test(void) {
  texts args;
  get_arguments(&args);
  NEED(args.count, 2);
  handle root = preopen("/");
  make_file(root, "f", "file ");
  TRUE(holds(root, "f", "file "));
  pollable_block(subscribe_duration(1000000));
  datetime wall;
  wall_now(&wall);
  TRUE(random_u64() != random_u64());
  made stream;
  handle file = OPEN(root, "f", 0, READ);
  read_via_stream(file, 0, &stream);
  NEED(CODE(stream), OK);
  handle out = get_stdout();
  stream_count count;
  output_blocking_splice(out, stream.value, 100, &count);
  EQUAL(STREAM(count), OK);
  put(out, args.at[1].at, args.at[1].bytes);
}
