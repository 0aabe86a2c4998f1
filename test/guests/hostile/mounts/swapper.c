// Swaps `a` and `a/b` for links that the host has left there and that lead out of the mount, until it is
// killed: the second guest on a shared mount.
//
//   swapper KINDS    there are .a-link-0 … and a/.b-link-0 …, so many each
#include <stdio.h>
#include <stdlib.h>

#include "wasi.h"

#define ROOT 3

static void move(const char *from, const char *to) {
  uint32_t from_length = __builtin_strlen(from), to_length = __builtin_strlen(to);
  // The victim puts things back as well, so a name may be missing for a moment.
  (void)!path_rename(ROOT, from, from_length, ROOT, to, to_length);
}

static void swap(const char *name, const char *aside, const char *link) {
  move(name, aside);
  move(link, name);
  move(name, link);
  move(aside, name);
}

int main(int count, char **args) {
  int kinds = count == 2 ? atoi(args[1]) : 0;
  if (kinds < 1) return 64;
  for (int kind = 0;; kind = (kind + 1) % kinds) {
    char link[32];
    snprintf(link, sizeof link, ".a-link-%d", kind);
    swap("a", ".a-real", link);
    snprintf(link, sizeof link, "a/.b-link-%d", kind);
    swap("a/b", "a/.b-real", link);
  }
}
