// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"args":["one","two words","","\u00e4\u20ac"],"grants":{"env":{"NAME":"Ada","EMPTY":"","EQUALS":"a=b"}}}
// Arguments, after the program's own name, and environment, as they were given; no working directory.
#include "wasi2.h"

static int is(text found, const char *expected) {
  return found.bytes == strlen(expected) && !memcmp(found.at, expected, found.bytes);
}

void test(void) {
  texts args;
  get_arguments(&args);
  NEED(args.count, 5);
  TRUE(args.at[0].bytes > 0);
  TRUE(is(args.at[1], "one"));
  TRUE(is(args.at[2], "two words"));
  TRUE(is(args.at[3], ""));
  TRUE(is(args.at[4], "\xc3\xa4\xe2\x82\xac"));
  struct {
    text name, value;
  } *variables;
  texts env;
  get_environment(&env);
  variables = (void *)env.at;
  int found = 0;
  for (size_t n = 0; n < env.count; n++)
    found += is(variables[n].name, "NAME") ? is(variables[n].value, "Ada")
             : is(variables[n].name, "EMPTY") ? is(variables[n].value, "")
             : is(variables[n].name, "EQUALS") ? is(variables[n].value, "a=b")
                                               : 0;
  EQUAL(found, 3);
  EQUAL(env.count, 3);
  maybe_text cwd;
  initial_cwd(&cwd);
  EQUAL(cwd.some, 0);
}
