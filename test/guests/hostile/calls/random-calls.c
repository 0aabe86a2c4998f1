// build: -nostartfiles -Wl,--export=_start
// Calls every function of preview 1 but proc_exit, so often as its second argument says, with random numbers from
// the seed that is its first argument: small ones, those around the ends of its memory, and any. It writes over its
// memory at random meanwhile and grows it now and then. Each answer must be an errno.
#include <stddef.h>
#include <stdint.h>

#define W(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef uint32_t u;
typedef uint64_t U;

W(args_get) u args_get(u, u);
W(args_sizes_get) u args_sizes_get(u, u);
W(clock_res_get) u clock_res_get(u, u);
W(clock_time_get) u clock_time_get(u, U, u);
W(environ_get) u environ_get(u, u);
W(environ_sizes_get) u environ_sizes_get(u, u);
W(fd_advise) u fd_advise(u, U, U, u);
W(fd_allocate) u fd_allocate(u, U, U);
W(fd_close) u fd_close(u);
W(fd_datasync) u fd_datasync(u);
W(fd_fdstat_get) u fd_fdstat_get(u, u);
W(fd_fdstat_set_flags) u fd_fdstat_set_flags(u, u);
W(fd_fdstat_set_rights) u fd_fdstat_set_rights(u, U, U);
W(fd_filestat_get) u fd_filestat_get(u, u);
W(fd_filestat_set_size) u fd_filestat_set_size(u, U);
W(fd_filestat_set_times) u fd_filestat_set_times(u, U, U, u);
W(fd_pread) u fd_pread(u, u, u, U, u);
W(fd_prestat_dir_name) u fd_prestat_dir_name(u, u, u);
W(fd_prestat_get) u fd_prestat_get(u, u);
W(fd_pwrite) u fd_pwrite(u, u, u, U, u);
W(fd_read) u fd_read(u, u, u, u);
W(fd_readdir) u fd_readdir(u, u, u, U, u);
W(fd_renumber) u fd_renumber(u, u);
W(fd_seek) u fd_seek(u, U, u, u);
W(fd_sync) u fd_sync(u);
W(fd_tell) u fd_tell(u, u);
W(fd_write) u fd_write(u, u, u, u);
W(path_create_directory) u path_create_directory(u, u, u);
W(path_filestat_get) u path_filestat_get(u, u, u, u, u);
W(path_filestat_set_times) u path_filestat_set_times(u, u, u, u, U, U, u);
W(path_link) u path_link(u, u, u, u, u, u, u);
W(path_open) u path_open(u, u, u, u, u, U, U, u, u);
W(path_readlink) u path_readlink(u, u, u, u, u, u);
W(path_remove_directory) u path_remove_directory(u, u, u);
W(path_rename) u path_rename(u, u, u, u, u, u);
W(path_symlink) u path_symlink(u, u, u, u, u);
W(path_unlink_file) u path_unlink_file(u, u, u);
W(poll_oneoff) u poll_oneoff(u, u, u, u);
W(proc_exit) _Noreturn void proc_exit(u);
W(proc_raise) u proc_raise(u);
W(random_get) u random_get(u, u);
W(sched_yield) u sched_yield(void);
W(sock_accept) u sock_accept(u, u, u);
W(sock_recv) u sock_recv(u, u, u, u, u, u);
W(sock_send) u sock_send(u, u, u, u, u);
W(sock_shutdown) u sock_shutdown(u, u);

#define PAGE 65536u

static U state;

static U next(void) {
  state += 0x9e3779b97f4a7c15u;
  U z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static u below(u n) { return (u)(next() % n); }
static u size(void) { return __builtin_wasm_memory_size(0) * PAGE; }

/** Numbers as they may mean anything. */
static u v(void) {
  switch (below(12)) {
    case 0: return below(8);
    case 1: return below(64);
    case 2: return below(size());
    case 3: return below(size()) & ~7u;
    case 4: return size() - below(9);
    case 5: return size() + below(9);
    case 6: return 0u - below(33);
    case 7: return 0x80000000u - 4 + below(9);
    case 8: return (u)next();
    case 9: return 1u << below(32);
    default: return below(1024);
  }
}

static U V(void) {
  switch (below(6)) {
    case 0: return below(16);
    case 1: return next();
    case 2: return 0 - (U)below(16);
    case 3: return (U)1 << below(64);
    case 4: return ((U)1 << 63) - 2 + below(4);
    default: return below(100000);
  }
}

/** Descriptors: the mount, those that may be open, and others. */
static u d(void) {
  switch (below(8)) {
    case 0: return v();
    case 1: return below(4);
    case 2: case 3: case 4: return 3;
    default: return 4 + below(6);
  }
}

/** One that may go: seldom a stream or the mount. */
static u gone(void) { return below(50) ? 4 + below(8) : d(); }

/** An address for an answer, mostly one that is there. */
static u o(void) { return below(4) ? PAGE + below(PAGE) : v(); }

/** Flags: some of the given ones, and now and then any. */
static u flags(u usual) { return below(8) ? (u)next() & usual : below(33); }

/** A list of buffers, with its count in `length`: mostly a good one. */
static u length;
static u list(void) {
  if (below(4) == 0) {
    length = below(4) ? below(5) : v();
    return v();
  }
  u at = PAGE + (below(PAGE) & ~7u);
  length = 1 + below(4);
  for (u i = 0; i < length; i++) {
    ((u *)(uintptr_t)at)[i * 2] = o();
    ((u *)(uintptr_t)at)[i * 2 + 1] = below(8) ? below(300) : v();
  }
  return at;
}

/** A name that leads up, down or astray, as a number: what lies in memory may be written over. */
static U name(void) {
  switch (below(20)) {
    case 0: length = 1; return 0x61u; // a
    case 1: length = 1; return 0x62u; // b
    case 2: length = 3; return 0x622f61u; // a/b
    case 3: length = 1; return 0x2eu; // .
    case 4: length = 2; return 0x2e2eu; // ..
    case 5: length = 4; return 0x782f2e2eu; // ../x
    case 6: length = 1; return 0x2fu; // /
    case 7: length = 7; return 0x2e2e2f2e2e2f61u; // a/../..
    case 8: length = 2; return 0x2f61u; // a/
    case 9: length = 3; return 0x612f2fu; // //a
    case 10: length = 1; return 0x6cu; // l
    case 11: length = 3; return 0x2e2f61u; // a/.
    case 12: length = 7; return 0x782f636f72702fu; // /proc/x
    case 13: length = 3; return 0x632f62u; // b/c
    case 14: length = 1; return 0xffu; // no name: \xff
    case 15: length = 3; return 0x6c2f6cu; // l/l
    case 16: length = 3; return 0x632f61u; // a/c
    case 17: length = 1; return 0x64u; // d
    case 18: length = 4; return 0x2e2e2f64u; // d/..
    case 19: length = 3; return 0x620061u; // no name: a\0b
    default: length = 0; return 0;
  }
}

/** A path's address, and its length in `length`. */
static u p(void) {
  if (below(16) == 0) {
    length = v();
    return v();
  }
  u at = PAGE + below(PAGE);
  *(U *)(uintptr_t)at = name();
  return at;
}

static u one(void) {
  u a, al, b, bl;
  switch (below(45)) {
    case 0: return args_get(v(), v());
    case 1: return args_sizes_get(v(), v());
    case 2: return clock_res_get(below(5), o());
    case 3: return clock_time_get(below(5), V(), o());
    case 4: return environ_get(v(), v());
    case 5: return environ_sizes_get(v(), v());
    case 6: return fd_advise(d(), V(), V(), below(8));
    case 7: return fd_allocate(d(), below(2) ? below(9999) : V(), below(2) ? below(9999) : V());
    case 8: return fd_close(gone());
    case 9: return fd_datasync(d());
    case 10: return fd_fdstat_get(d(), o());
    case 11: return fd_fdstat_set_flags(d(), flags(1));
    case 12: return fd_fdstat_set_rights(d(), V(), V());
    case 13: return fd_filestat_get(d(), o());
    case 14: return fd_filestat_set_size(d(), below(2) ? below(9999) : V());
    case 15: return fd_filestat_set_times(d(), V(), V(), flags(5));
    case 16: a = list(); return fd_pread(d(), a, length, below(2) ? below(99) : V(), o());
    case 17: return fd_prestat_dir_name(d(), v(), v());
    case 18: return fd_prestat_get(d(), v());
    case 19: a = list(); return fd_pwrite(d(), a, length, below(2) ? below(9999) : V(), o());
    case 20: a = list(); return fd_read(d(), a, length, o());
    case 21: return fd_readdir(d(), o(), v(), V(), o());
    case 22: return fd_renumber(gone(), gone());
    case 23: return fd_seek(d(), below(2) ? below(9999) : V(), below(5), o());
    case 24: return fd_sync(d());
    case 25: return fd_tell(d(), o());
    case 26: a = list(); return fd_write(d(), a, length, o());
    case 27: a = p(); return path_create_directory(d(), a, length);
    case 28: a = p(); return path_filestat_get(d(), flags(1), a, length, o());
    case 29: a = p(); return path_filestat_set_times(d(), flags(1), a, length, V(), V(), flags(5));
    case 30: a = p(); al = length; b = p(); bl = length; return path_link(d(), below(4) == 0, a, al, d(), b, bl);
    case 31: case 32: case 33:
      a = p(); return path_open(d(), flags(1), a, length, flags(9), below(4) ? 66 : V(), below(4) ? 0 : V(), flags(0), o());
    case 34: a = p(); return path_readlink(d(), a, length, o(), v(), o());
    case 35: a = p(); return path_remove_directory(d(), a, length);
    case 36: a = p(); al = length; b = p(); bl = length; return path_rename(d(), a, al, d(), b, bl);
    case 37: a = p(); al = length; b = p(); bl = length; return path_symlink(a, al, d(), b, bl);
    case 38: a = p(); return path_unlink_file(d(), a, length);
    case 39: return poll_oneoff(o(), o(), below(4) ? 1 + below(3) : v(), o());
    case 40: return proc_raise(v());
    case 41: return random_get(v(), v());
    case 42: return sched_yield() | sock_accept(d(), v(), v());
    case 43: return sock_recv(d(), v(), v(), v(), v(), v()) | sock_send(d(), v(), v(), v(), v());
    default: return sock_shutdown(d(), v());
  }
}

/** What a call reads: lists of buffers and subscriptions, here and there. Not over the program's own data. */
static void scribble(void) {
  u at = PAGE + (below(size() - PAGE - 64) & ~3u);
  u *word = (u *)(uintptr_t)at;
  for (u i = 0; i < 12; i++) word[i] = v();
}

static U number(const char *text) {
  U value = 0;
  for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (U)(*text - '0');
  return value;
}

void _start(void) {
  static u argv[8];
  static char text[256];
  u count, bytes;
  if (args_sizes_get((u)(uintptr_t)&count, (u)(uintptr_t)&bytes)) proc_exit(70);
  if (count != 3 || bytes > sizeof text) proc_exit(71);
  if (args_get((u)(uintptr_t)argv, (u)(uintptr_t)text)) proc_exit(72);
  state = number((const char *)(uintptr_t)argv[1]);
  U left = number((const char *)(uintptr_t)argv[2]);
  for (; left > 0; left--) {
    if (below(3) == 0) scribble();
    if (below(200) == 0) __builtin_wasm_memory_grow(0, below(3));
    // The answers may have been written over the program's own numbers: it ends some other way then.
    if (one() > 127) proc_exit(73);
  }
  proc_exit(0);
}
