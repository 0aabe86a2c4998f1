// Checks for conformance guests: a failed one is printed to stderr with its line and both values, and the
// guest goes on; `finish()` leaves with 1 if any has failed. `NEED` ends the guest at once.
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <string.h>

#include "wasi.h"

/** Descriptor of the directory that every guest may write to, preopened as "/". */
#define ROOT 3
/** A path with its length, as the path functions want it. */
#define PATH(text) (text), (uint32_t)strlen(text)

static int failures;

static inline void say(const char *text) {
  uint32_t put;
  wasi_iovec part = {(void *)text, (uint32_t)strlen(text)};
  (void)!fd_write(2, &part, 1, &put);
}

static inline void say_number(int64_t value) {
  char text[24];
  char *at = text + sizeof text - 1;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  *at = 0;
  do *--at = '0' + rest % 10;
  while (rest /= 10);
  if (value < 0) *--at = '-';
  say(at);
}

static inline void differs(int line, const char *what, int64_t actual, const char *expected) {
  failures++;
  say("line ");
  say_number(line);
  say(": ");
  say(what);
  say(": got ");
  say_number(actual);
  say(", expected ");
  say(expected);
  say("\n");
}

static inline int check_equal(int line, const char *what, int64_t actual, const char *text, int64_t expected) {
  if (actual == expected) return 1;
  differs(line, what, actual, text);
  say("        which is ");
  say_number(expected);
  say("\n");
  return 0;
}

static inline int check_either(int line, const char *what, int64_t actual, const char *text, const int64_t *allowed, int count) {
  for (int i = 0; i < count; i++)
    if (allowed[i] == actual) return 1;
  differs(line, what, actual, text);
  return 0;
}

static inline int check_true(int line, const char *what, int truth) {
  if (!truth) differs(line, what, 0, "true");
  return truth;
}

#define EQUAL(actual, expected) check_equal(__LINE__, #actual, (int64_t)(actual), #expected, (int64_t)(expected))
#define OK(call) EQUAL(call, SUCCESS)
/** The specification leaves the choice, or the reference runtimes differ. */
#define EITHER(actual, ...)                                                                \
  check_either(__LINE__, #actual, (int64_t)(actual), "one of " #__VA_ARGS__,               \
               (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)
#define TRUE(condition) check_true(__LINE__, #condition, !!(condition))
#define NEED(call)                   \
  do {                               \
    if (!EQUAL(call, SUCCESS)) proc_exit(1); \
  } while (0)

static inline int finish(void) { return failures ? 1 : 0; }

/** Opens with all rights, following links; ends the guest when that fails. */
static inline uint32_t open_at_line(int line, uint32_t dir, const char *path, uint32_t oflags, uint32_t fdflags) {
  uint32_t fd = 0;
  uint64_t rights = oflags & O_DIR ? RIGHTS_ALL & ~RIGHT_WRITE : RIGHTS_ALL;
  wasi_errno error = path_open(dir, FOLLOW, PATH(path), oflags, rights, RIGHTS_ALL, fdflags, &fd);
  if (error) {
    differs(line, path, error, "an open descriptor");
    proc_exit(1);
  }
  return fd;
}
#define OPEN(path, oflags) open_at_line(__LINE__, ROOT, path, oflags, 0)
#define OPEN_WITH(path, oflags, fdflags) open_at_line(__LINE__, ROOT, path, oflags, fdflags)

/** Only the errno of an open; a descriptor is closed again. */
static inline wasi_errno try_open(uint32_t dir, uint32_t lookup, const char *path, uint32_t oflags, uint64_t rights) {
  uint32_t fd = 0;
  wasi_errno error = path_open(dir, lookup, PATH(path), oflags, rights, rights, 0, &fd);
  if (!error) (void)!fd_close(fd);
  return error;
}

/** Writes all, in as many calls as the host wants; ends the guest on an error. */
static inline void write_all(uint32_t fd, const void *bytes, uint32_t length) {
  while (length > 0) {
    uint32_t put = 0;
    wasi_iovec part = {(void *)bytes, length};
    NEED(fd_write(fd, &part, 1, &put));
    if (put == 0 || put > length) {
      differs(__LINE__, "fd_write", put, "progress");
      proc_exit(1);
    }
    bytes = (const char *)bytes + put;
    length -= put;
  }
}
static inline void write_text(uint32_t fd, const char *text) { write_all(fd, text, strlen(text)); }

/** Reads until `length` bytes or the end; the count. */
static inline uint32_t read_all(uint32_t fd, void *bytes, uint32_t length) {
  uint32_t total = 0;
  while (total < length) {
    uint32_t got = 0;
    wasi_iovec part = {(char *)bytes + total, length - total};
    NEED(fd_read(fd, &part, 1, &got));
    if (got == 0) break;
    total += got;
  }
  return total;
}

static inline wasi_errno read_once(uint32_t fd, void *bytes, uint32_t length, uint32_t *got) {
  wasi_iovec part = {bytes, length};
  return fd_read(fd, &part, 1, got);
}
static inline wasi_errno write_once(uint32_t fd, const void *bytes, uint32_t length, uint32_t *put) {
  wasi_iovec part = {(void *)bytes, length};
  return fd_write(fd, &part, 1, put);
}
static inline wasi_errno pread_once(uint32_t fd, void *bytes, uint32_t length, uint64_t at, uint32_t *got) {
  wasi_iovec part = {bytes, length};
  return fd_pread(fd, &part, 1, at, got);
}
static inline wasi_errno pwrite_once(uint32_t fd, const void *bytes, uint32_t length, uint64_t at, uint32_t *put) {
  wasi_iovec part = {(void *)bytes, length};
  return fd_pwrite(fd, &part, 1, at, put);
}

/** Makes a file with this content. */
static inline void make_file(const char *path, const char *text) {
  uint32_t fd = OPEN(path, O_CREATE | O_TRUNCATE);
  write_text(fd, text);
  NEED(fd_close(fd));
}
static inline void make_directory(const char *path) { NEED(path_create_directory(ROOT, PATH(path))); }
static inline void make_link(const char *target, const char *path) {
  NEED(path_symlink(PATH(target), ROOT, PATH(path)));
}

/** True if the file at the path has exactly this content. */
static inline int holds(const char *path, const char *text) {
  char buffer[256];
  uint32_t fd = OPEN(path, 0);
  uint32_t got = read_all(fd, buffer, sizeof buffer);
  (void)!fd_close(fd);
  return got == strlen(text) && memcmp(buffer, text, got) == 0;
}

/** The filetype at the path (links not followed), or -errno. */
static inline int type_of(const char *path) {
  wasi_filestat stat;
  wasi_errno error = path_filestat_get(ROOT, 0, PATH(path), &stat);
  return error ? -(int)error : stat.type;
}
#define MISSING (-(int)E_NOENT)

static inline uint64_t now(uint32_t clock) {
  uint64_t time = 0;
  NEED(clock_time_get(clock, 1, &time));
  return time;
}

#endif
