// The functions of wasi_snapshot_preview1 as the witx file has them, for guests that call them without a
// libc between. Only what guests need is declared; numbers are those of the witx enumerations.
#ifndef WASI_H
#define WASI_H

#include <stddef.h>
#include <stdint.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef uint16_t wasi_errno;

enum {
  SUCCESS = 0, E_2BIG = 1, E_ACCES = 2, E_AGAIN = 6, E_BADF = 8, E_BUSY = 10, E_EXIST = 20, E_FAULT = 21,
  E_FBIG = 22, E_ILSEQ = 25, E_INVAL = 28, E_IO = 29, E_ISDIR = 31, E_LOOP = 32, E_MFILE = 33,
  E_MLINK = 34, E_NAMETOOLONG = 37, E_NFILE = 41, E_NOENT = 44, E_NOMEM = 48, E_NOSPC = 51, E_NOSYS = 52, E_NOTDIR = 54,
  E_NOTEMPTY = 55, E_NOTSOCK = 57, E_NOTSUP = 58, E_NXIO = 60, E_OVERFLOW = 61, E_PERM = 63, E_PIPE = 64, E_RANGE = 68,
  E_ROFS = 69, E_SPIPE = 70, E_XDEV = 75, E_NOTCAPABLE = 76
};
enum { CLOCK_REAL = 0, CLOCK_MONO = 1, CLOCK_PROCESS = 2, CLOCK_THREAD = 3 };
enum { TYPE_UNKNOWN = 0, TYPE_CHARACTER = 2, TYPE_DIRECTORY = 3, TYPE_REGULAR = 4, TYPE_LINK = 7 };
enum { FOLLOW = 1 };
enum { O_CREATE = 1, O_DIR = 2, O_EXCLUSIVE = 4, O_TRUNCATE = 8 };
enum { FD_APPEND = 1, FD_DSYNC = 2, FD_NONBLOCK = 4, FD_RSYNC = 8, FD_SYNC = 16 };
enum { FROM_START = 0, FROM_HERE = 1, FROM_END = 2 };
enum { SET_ATIME = 1, NOW_ATIME = 2, SET_MTIME = 4, NOW_MTIME = 8 };
enum { EVENT_CLOCK = 0, EVENT_READ = 1, EVENT_WRITE = 2 };
enum { CLOCK_ABSOLUTE = 1 };

#define RIGHT_DATASYNC (1ull << 0)
#define RIGHT_READ (1ull << 1)
#define RIGHT_SEEK (1ull << 2)
#define RIGHT_TELL (1ull << 5)
#define RIGHT_WRITE (1ull << 6)
#define RIGHT_PATH_OPEN (1ull << 13)
#define RIGHT_READDIR (1ull << 14)
/** Every right of the witx, 0 to 29. */
#define RIGHTS_ALL ((1ull << 30) - 1)

typedef struct { void *data; uint32_t length; } wasi_iovec;
typedef struct { uint8_t type; uint16_t flags; uint64_t rights, inheriting; } wasi_fdstat;
typedef struct {
  uint64_t dev, ino;
  uint8_t type;
  uint64_t nlink, size, atime, mtime, ctime;
} wasi_filestat;
typedef struct { uint8_t tag; uint32_t name_length; } wasi_prestat;
typedef struct { uint64_t next, ino; uint32_t name_length; uint8_t type; } wasi_dirent;
typedef struct {
  uint64_t userdata;
  uint8_t tag;
  union {
    struct { uint32_t id; uint64_t timeout, precision; uint16_t flags; } clock;
    struct { uint32_t fd; } fd;
  } u;
} wasi_subscription;
typedef struct { uint64_t userdata; uint16_t error; uint8_t type; uint64_t bytes; uint16_t flags; } wasi_event;

_Static_assert(sizeof(wasi_fdstat) == 24, "witx size");
_Static_assert(sizeof(wasi_filestat) == 64, "witx size");
_Static_assert(sizeof(wasi_prestat) == 8, "witx size");
_Static_assert(sizeof(wasi_dirent) == 24, "witx size");
_Static_assert(sizeof(wasi_subscription) == 48, "witx size");
_Static_assert(sizeof(wasi_event) == 32, "witx size");

WASI(args_get) wasi_errno args_get(char **argv, char *buffer);
WASI(args_sizes_get) wasi_errno args_sizes_get(uint32_t *count, uint32_t *size);
WASI(environ_get) wasi_errno environ_get(char **entries, char *buffer);
WASI(environ_sizes_get) wasi_errno environ_sizes_get(uint32_t *count, uint32_t *size);
WASI(clock_res_get) wasi_errno clock_res_get(uint32_t id, uint64_t *out);
WASI(clock_time_get) wasi_errno clock_time_get(uint32_t id, uint64_t precision, uint64_t *out);

WASI(fd_advise) wasi_errno fd_advise(uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice);
WASI(fd_allocate) wasi_errno fd_allocate(uint32_t fd, uint64_t offset, uint64_t length);
WASI(fd_close) wasi_errno fd_close(uint32_t fd);
WASI(fd_datasync) wasi_errno fd_datasync(uint32_t fd);
WASI(fd_fdstat_get) wasi_errno fd_fdstat_get(uint32_t fd, wasi_fdstat *out);
WASI(fd_fdstat_set_flags) wasi_errno fd_fdstat_set_flags(uint32_t fd, uint32_t flags);
WASI(fd_fdstat_set_rights) wasi_errno fd_fdstat_set_rights(uint32_t fd, uint64_t base, uint64_t inheriting);
WASI(fd_filestat_get) wasi_errno fd_filestat_get(uint32_t fd, wasi_filestat *out);
WASI(fd_filestat_set_size) wasi_errno fd_filestat_set_size(uint32_t fd, uint64_t size);
WASI(fd_filestat_set_times) wasi_errno fd_filestat_set_times(uint32_t fd, uint64_t atime, uint64_t mtime, uint32_t flags);
WASI(fd_pread) wasi_errno fd_pread(uint32_t fd, const wasi_iovec *iovs, uint32_t count, uint64_t offset, uint32_t *got);
WASI(fd_prestat_get) wasi_errno fd_prestat_get(uint32_t fd, wasi_prestat *out);
WASI(fd_prestat_dir_name) wasi_errno fd_prestat_dir_name(uint32_t fd, char *name, uint32_t length);
WASI(fd_pwrite) wasi_errno fd_pwrite(uint32_t fd, const wasi_iovec *iovs, uint32_t count, uint64_t offset, uint32_t *put);
WASI(fd_read) wasi_errno fd_read(uint32_t fd, const wasi_iovec *iovs, uint32_t count, uint32_t *got);
WASI(fd_readdir) wasi_errno fd_readdir(uint32_t fd, void *buffer, uint32_t length, uint64_t cookie, uint32_t *used);
WASI(fd_renumber) wasi_errno fd_renumber(uint32_t fd, uint32_t to);
WASI(fd_seek) wasi_errno fd_seek(uint32_t fd, int64_t offset, uint32_t whence, uint64_t *position);
WASI(fd_sync) wasi_errno fd_sync(uint32_t fd);
WASI(fd_tell) wasi_errno fd_tell(uint32_t fd, uint64_t *position);
WASI(fd_write) wasi_errno fd_write(uint32_t fd, const wasi_iovec *iovs, uint32_t count, uint32_t *put);

WASI(path_create_directory) wasi_errno path_create_directory(uint32_t dir, const char *path, uint32_t length);
WASI(path_filestat_get) wasi_errno path_filestat_get(uint32_t dir, uint32_t lookup, const char *path, uint32_t length, wasi_filestat *out);
WASI(path_filestat_set_times) wasi_errno path_filestat_set_times(uint32_t dir, uint32_t lookup, const char *path, uint32_t length, uint64_t atime, uint64_t mtime, uint32_t flags);
WASI(path_link) wasi_errno path_link(uint32_t dir, uint32_t lookup, const char *path, uint32_t length, uint32_t to, const char *name, uint32_t name_length);
WASI(path_open) wasi_errno path_open(uint32_t dir, uint32_t lookup, const char *path, uint32_t length, uint32_t oflags, uint64_t rights, uint64_t inheriting, uint32_t fdflags, uint32_t *fd);
WASI(path_readlink) wasi_errno path_readlink(uint32_t dir, const char *path, uint32_t length, char *buffer, uint32_t size, uint32_t *used);
WASI(path_remove_directory) wasi_errno path_remove_directory(uint32_t dir, const char *path, uint32_t length);
WASI(path_rename) wasi_errno path_rename(uint32_t dir, const char *path, uint32_t length, uint32_t to, const char *name, uint32_t name_length);
WASI(path_symlink) wasi_errno path_symlink(const char *target, uint32_t target_length, uint32_t dir, const char *path, uint32_t length);
WASI(path_unlink_file) wasi_errno path_unlink_file(uint32_t dir, const char *path, uint32_t length);

WASI(poll_oneoff) wasi_errno poll_oneoff(const wasi_subscription *in, wasi_event *out, uint32_t count, uint32_t *events);
WASI(proc_exit) _Noreturn void proc_exit(uint32_t code);
WASI(proc_raise) wasi_errno proc_raise(uint32_t signal);
WASI(sched_yield) wasi_errno wasi_sched_yield(void);
WASI(random_get) wasi_errno random_get(void *buffer, uint32_t length);
WASI(sock_accept) wasi_errno sock_accept(uint32_t fd, uint32_t flags, uint32_t *out);
WASI(sock_recv) wasi_errno sock_recv(uint32_t fd, const wasi_iovec *iovs, uint32_t count, uint32_t flags, uint32_t *got, uint16_t *out_flags);
WASI(sock_send) wasi_errno sock_send(uint32_t fd, const wasi_iovec *iovs, uint32_t count, uint32_t flags, uint32_t *put);
WASI(sock_shutdown) wasi_errno sock_shutdown(uint32_t fd, uint32_t how);

#endif
