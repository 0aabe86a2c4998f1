// Checks for guests that are written against the C library.
#ifndef LIBC_H
#define LIBC_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int failures;

/** A condition that must hold; errno is printed for what it is worth. */
#define TRUE(condition)                                                            \
  do {                                                                             \
    errno = 0;                                                                     \
    if (!(condition)) {                                                            \
      failures++;                                                                  \
      fprintf(stderr, "line %d: not true: %s (errno %d)\n", __LINE__, #condition, errno); \
    }                                                                              \
  } while (0)

/** A call that must fail with -1 and this errno. */
#define FAILS(call, expected)                                                      \
  do {                                                                             \
    errno = 0;                                                                     \
    if ((call) != -1 || errno != (expected)) {                                     \
      failures++;                                                                  \
      fprintf(stderr, "line %d: %s: errno %d, expected %d\n", __LINE__, #call, errno, expected); \
    }                                                                              \
  } while (0)

static inline int finish(void) { return failures ? 1 : 0; }

#endif
