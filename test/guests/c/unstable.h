// wasi_unstable, the ABI before wasi_snapshot_preview1. It differs in the order of whence, in the width of
// a file's link count (so in the layout of filestat) and in the layout of a clock subscription.
#ifndef UNSTABLE_H
#define UNSTABLE_H

#include <stdint.h>
#include <string.h>

#define OLD(name) __attribute__((import_module("wasi_unstable"), import_name(#name)))

enum { OLD_FROM_HERE = 0, OLD_FROM_END = 1, OLD_FROM_START = 2 };

typedef struct { void *data; uint32_t length; } old_iovec;
typedef struct {
  uint64_t dev, ino;
  uint8_t type;
  uint32_t nlink;
  uint64_t size, atime, mtime, ctime;
} old_filestat;
typedef struct {
  uint64_t userdata;
  uint8_t tag;
  union {
    struct { uint64_t identifier; uint32_t id; uint64_t timeout, precision; uint16_t flags; } clock;
    struct { uint32_t fd; } fd;
  } u;
} old_subscription;
typedef struct { uint64_t userdata; uint16_t error; uint8_t type; uint64_t bytes; uint16_t flags; } old_event;

_Static_assert(sizeof(old_filestat) == 56, "witx size");
_Static_assert(sizeof(old_subscription) == 56, "witx size");
_Static_assert(sizeof(old_event) == 32, "witx size");

OLD(args_get) uint16_t old_args_get(char **argv, char *buffer);
OLD(args_sizes_get) uint16_t old_args_sizes_get(uint32_t *count, uint32_t *size);
OLD(clock_time_get) uint16_t old_clock_time_get(uint32_t id, uint64_t precision, uint64_t *out);
OLD(fd_close) uint16_t old_fd_close(uint32_t fd);
OLD(fd_filestat_get) uint16_t old_fd_filestat_get(uint32_t fd, old_filestat *out);
OLD(fd_read) uint16_t old_fd_read(uint32_t fd, const old_iovec *iovs, uint32_t count, uint32_t *got);
OLD(fd_seek) uint16_t old_fd_seek(uint32_t fd, int64_t offset, uint32_t whence, uint64_t *position);
OLD(fd_tell) uint16_t old_fd_tell(uint32_t fd, uint64_t *position);
OLD(fd_write) uint16_t old_fd_write(uint32_t fd, const old_iovec *iovs, uint32_t count, uint32_t *put);
OLD(path_filestat_get) uint16_t old_path_filestat_get(uint32_t dir, uint32_t lookup, const char *path, uint32_t length, old_filestat *out);
OLD(path_link) uint16_t old_path_link(uint32_t dir, uint32_t lookup, const char *path, uint32_t length, uint32_t to, const char *name, uint32_t name_length);
OLD(path_open) uint16_t old_path_open(uint32_t dir, uint32_t lookup, const char *path, uint32_t length, uint32_t oflags, uint64_t rights, uint64_t inheriting, uint32_t fdflags, uint32_t *fd);
OLD(poll_oneoff) uint16_t old_poll_oneoff(const old_subscription *in, old_event *out, uint32_t count, uint32_t *events);
OLD(proc_exit) _Noreturn void old_proc_exit(uint32_t code);
OLD(random_get) uint16_t old_random_get(void *buffer, uint32_t length);

/** Leaves with the line of the first check that fails, no output: the ABI under test would print it. */
#define TRUE(condition) do { if (!(condition)) old_proc_exit(__LINE__ < 126 ? __LINE__ : 125); } while (0)
#define OK(call) TRUE((call) == 0)

#endif
