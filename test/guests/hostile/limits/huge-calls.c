// huge-calls WHAT [LOOP]: one call that asks for very much, over and over with LOOP: random (all of the memory but
// the first MiB), poll (4,096 subscriptions; 4,097 and 2^32 - 1 are refused), iovecs (1,024 of 256 KiB on one file;
// 1,025 and 2^31 are refused), readdir (into all of the memory), read and write (a file, all of the memory at once),
// args (argv and environment, as often as asked).
// build: -Wl,--initial-memory=67108864
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))
IMPORT("random_get") int random_get(int, unsigned);
IMPORT("poll_oneoff") int poll_oneoff(int, int, unsigned, int);
IMPORT("fd_write") int fd_write(int, int, unsigned, int);
IMPORT("fd_read") int fd_read(int, int, unsigned, int);
IMPORT("fd_seek") int fd_seek(int, long long, int, int);
IMPORT("fd_readdir") int fd_readdir(int, int, unsigned, long long, int);
IMPORT("path_open") int path_open(int, int, int, int, int, long long, long long, int, int);
IMPORT("args_get") int args_get(int, int);
IMPORT("environ_get") int environ_get(int, int);

#define MiB (1u << 20)
static __wasi_subscription_t subscriptions[4097];
static __wasi_event_t events[4097];
static __wasi_ciovec_t vectors[1025];
static unsigned out;
static char *pointers[65536];

static unsigned memory_bytes(void) { return __builtin_wasm_memory_size(0) * 65536u; }

static int open_file(void) {
  int fd = -1;
  if (path_open(3, 0, (int)"big", 3, 1, 0x1fffffff, 0x1fffffff, 0, (int)&fd) != 0) exit(70);
  return fd;
}

static void check(int answer, int wanted) {
  if (answer != wanted) exit(80 + answer % 40);
}

static void call(const char *what) {
  static int file = -1;
  unsigned rest = memory_bytes() - 8 * MiB;
  if (!strcmp(what, "random")) {
    check(random_get(8 * MiB, rest), 0);
    check(random_get(8 * MiB, rest + 1), 21);
    check(random_get(1, 0xffffffff), 21);
  } else if (!strcmp(what, "poll")) {
    for (int at = 0; at < 4097; at++) subscriptions[at].u.tag = __WASI_EVENTTYPE_CLOCK;
    check(poll_oneoff((int)subscriptions, (int)events, 4096, (int)&out), 0);
    check(out == 4096, 1);
    check(poll_oneoff((int)subscriptions, (int)events, 4097, (int)&out), 28);
    check(poll_oneoff((int)subscriptions, (int)events, 0xffffffff, (int)&out), 28);
  } else if (!strcmp(what, "iovecs")) {
    if (file < 0) file = open_file();
    for (int at = 0; at < 1025; at++) vectors[at] = (__wasi_ciovec_t){(void *)(16 * MiB), 32768};
    check(fd_seek(file, 0, 0, (int)vectors), 0);
    for (int at = 0; at < 2; at++) vectors[at] = (__wasi_ciovec_t){(void *)(16 * MiB), 32768};
    check(fd_write(file, (int)vectors, 1024, (int)&out), 0);
    check(out == 1024 * 32768, 1);
    check(fd_write(file, (int)vectors, 1025, (int)&out), 28);
    check(fd_write(file, (int)vectors, 1u << 31, (int)&out), 28);
  } else if (!strcmp(what, "readdir")) {
    check(fd_readdir(3, 8 * MiB, rest, 0, (int)&out), 0);
    check(fd_readdir(3, 8 * MiB, 0xffffffff, 0, (int)&out), 21);
  } else if (!strcmp(what, "read") || !strcmp(what, "write")) {
    if (file < 0) file = open_file();
    long long position;
    check(fd_seek(file, 0, 0, (int)&position), 0);
    vectors[0] = (__wasi_ciovec_t){(void *)(8 * MiB), rest};
    check(fd_write(file, (int)vectors, 1, (int)&out), 0);
    if (!strcmp(what, "write")) return;
    check(fd_seek(file, 0, 0, (int)&position), 0);
    check(fd_read(file, (int)vectors, 1, (int)&out), 0);
    check(out == rest, 1);
  } else {
    check(args_get((int)pointers, 8 * MiB), 0);
    check(environ_get((int)pointers, 8 * MiB), 0);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 64;
  do {
    call(argv[1]);
  } while (argc > 2);
  return 0;
}
