// The functions of WASI 0.2 by the canonical ABI, and checks: a failed one is told on stderr with its line and
// both values, and the guest goes on; its run then fails. `test` is the guest's own function.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef WASI
#define WASI "0.2.12"
#endif
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module("wasi:" module "@" WASI), import_name(name)))
#define FILES(name) IMPORT("filesystem/types", name)
#define FILE_CALL(name) FILES("[method]descriptor." name)
#define INPUT_CALL(name) IMPORT("io/streams", "[method]input-stream." name)
#define OUTPUT_CALL(name) IMPORT("io/streams", "[method]output-stream." name)

typedef int32_t handle;
typedef uint32_t u32;
typedef uint64_t u64;

typedef struct {
  char *at;
  size_t bytes;
} text;
typedef struct {
  u64 seconds;
  u32 nanoseconds;
} datetime;
typedef struct {
  uint8_t some;
  datetime value;
} maybe_datetime;
typedef struct {
  uint8_t type;
  u64 links, size;
  maybe_datetime accessed, modified, changed;
} file_stat;

// error-code, in its order; OK: no error
enum {
  OK = -1,
  ACCESS, WOULD_BLOCK, ALREADY, BAD_DESCRIPTOR, BUSY, DEADLOCK, QUOTA, EXIST, FILE_TOO_LARGE,
  ILLEGAL_BYTE_SEQUENCE, IN_PROGRESS, INTERRUPTED, INVALID, IO, IS_DIRECTORY, LOOP, TOO_MANY_LINKS,
  MESSAGE_SIZE, NAME_TOO_LONG, NO_DEVICE, NO_ENTRY, NO_LOCK, INSUFFICIENT_MEMORY, INSUFFICIENT_SPACE,
  NOT_DIRECTORY, NOT_EMPTY, NOT_RECOVERABLE, UNSUPPORTED, NO_TTY, NO_SUCH_DEVICE, OVERFLOW, NOT_PERMITTED,
  PIPE, READ_ONLY, INVALID_SEEK, TEXT_FILE_BUSY, CROSS_DEVICE,
};
// stream-error: its case; OK as above
enum { FAILED = 0, CLOSED = 1 };
// descriptor-type
enum { UNKNOWN, BLOCK_DEVICE, CHARACTER_DEVICE, DIRECTORY, FIFO, SYMBOLIC_LINK, REGULAR_FILE, SOCKET };
// descriptor-flags, open-flags, path-flags
enum { READ = 1, WRITE = 2, FILE_SYNC = 4, DATA_SYNC = 8, READ_SYNC = 16, MUTATE = 32 };
enum { CREATE = 1, OPEN_DIRECTORY = 2, EXCLUSIVE = 4, TRUNCATE = 8 };
enum { FOLLOW = 1 };
// new-timestamp
enum { NO_CHANGE, NOW, TIMESTAMP };

#define CODE_OR(name, ...) \
  typedef struct {         \
    uint8_t failed;        \
    union {                \
      uint8_t code;        \
      __VA_ARGS__;         \
    };                     \
  } name
CODE_OR(done, uint8_t value);
CODE_OR(made, handle value);
CODE_OR(sized, u64 value);
CODE_OR(statted, file_stat value);
CODE_OR(linked, text value);
CODE_OR(was_read, struct { text data; uint8_t end; });
CODE_OR(hashed, struct { u64 lower, upper; });
CODE_OR(listed, struct { uint8_t some; struct { uint8_t type; text name; } entry; });
typedef struct {
  uint8_t closed;
  handle error;
} stream_error;
typedef struct {
  uint8_t failed;
  union {
    text data;
    stream_error why;
  };
} stream_bytes;
typedef struct {
  uint8_t failed;
  union {
    u64 value;
    stream_error why;
  };
} stream_count;
typedef struct {
  uint8_t failed;
  stream_error why;
} stream_done;
typedef struct {
  text *at;
  size_t count;
} texts;
typedef struct {
  struct {
    handle made;
    text path;
  } *at;
  size_t count;
} directories;
typedef struct {
  u32 *at;
  size_t count;
} places;
typedef struct {
  uint8_t some, value;
} maybe_code;
typedef struct {
  uint8_t some;
  handle value;
} maybe_handle;
typedef struct {
  uint8_t some;
  text value;
} maybe_text;

IMPORT("cli/environment", "get-arguments") void get_arguments(texts *);
IMPORT("cli/environment", "get-environment") void get_environment(texts *);
IMPORT("cli/environment", "initial-cwd") void initial_cwd(maybe_text *);
IMPORT("cli/exit", "exit") void cli_exit(u32 failed);
IMPORT("cli/exit", "exit-with-code") void exit_with_code(u32 code);
IMPORT("cli/stdin", "get-stdin") handle get_stdin(void);
IMPORT("cli/stdout", "get-stdout") handle get_stdout(void);
IMPORT("cli/stderr", "get-stderr") handle get_stderr(void);
IMPORT("cli/terminal-stdin", "get-terminal-stdin") void get_terminal_stdin(maybe_handle *);
IMPORT("cli/terminal-stdout", "get-terminal-stdout") void get_terminal_stdout(maybe_handle *);
IMPORT("cli/terminal-stderr", "get-terminal-stderr") void get_terminal_stderr(maybe_handle *);
IMPORT("clocks/monotonic-clock", "now") u64 monotonic_now(void);
IMPORT("clocks/monotonic-clock", "resolution") u64 monotonic_resolution(void);
IMPORT("clocks/monotonic-clock", "subscribe-instant") handle subscribe_instant(u64);
IMPORT("clocks/monotonic-clock", "subscribe-duration") handle subscribe_duration(u64);
IMPORT("clocks/wall-clock", "now") void wall_now(datetime *);
IMPORT("clocks/wall-clock", "resolution") void wall_resolution(datetime *);
IMPORT("random/random", "get-random-bytes") void random_bytes(u64, text *);
IMPORT("random/random", "get-random-u64") u64 random_u64(void);
IMPORT("random/insecure", "get-insecure-random-bytes") void insecure_bytes(u64, text *);
IMPORT("random/insecure", "get-insecure-random-u64") u64 insecure_u64(void);
IMPORT("random/insecure-seed", "insecure-seed") void insecure_seed(u64 *);
IMPORT("io/error", "[method]error.to-debug-string") void error_text(handle, text *);
IMPORT("io/error", "[resource-drop]error") void error_drop(handle);
IMPORT("io/poll", "poll") void poll_all(const handle *, size_t, places *);
IMPORT("io/poll", "[method]pollable.ready") u32 pollable_ready(handle);
IMPORT("io/poll", "[method]pollable.block") void pollable_block(handle);
IMPORT("io/poll", "[resource-drop]pollable") void pollable_drop(handle);
IMPORT("io/streams", "[resource-drop]input-stream") void input_drop(handle);
IMPORT("io/streams", "[resource-drop]output-stream") void output_drop(handle);
INPUT_CALL("read") void input_read(handle, u64, stream_bytes *);
INPUT_CALL("blocking-read") void input_blocking_read(handle, u64, stream_bytes *);
INPUT_CALL("skip") void input_skip(handle, u64, stream_count *);
INPUT_CALL("blocking-skip") void input_blocking_skip(handle, u64, stream_count *);
INPUT_CALL("subscribe") handle input_subscribe(handle);
OUTPUT_CALL("check-write") void output_check(handle, stream_count *);
OUTPUT_CALL("write") void output_write(handle, const void *, size_t, stream_done *);
OUTPUT_CALL("blocking-write-and-flush") void output_blocking_write(handle, const void *, size_t, stream_done *);
OUTPUT_CALL("flush") void output_flush(handle, stream_done *);
OUTPUT_CALL("blocking-flush") void output_blocking_flush(handle, stream_done *);
OUTPUT_CALL("subscribe") handle output_subscribe(handle);
OUTPUT_CALL("write-zeroes") void output_zeroes(handle, u64, stream_done *);
OUTPUT_CALL("blocking-write-zeroes-and-flush") void output_blocking_zeroes(handle, u64, stream_done *);
OUTPUT_CALL("splice") void output_splice(handle, handle from, u64, stream_count *);
OUTPUT_CALL("blocking-splice") void output_blocking_splice(handle, handle from, u64, stream_count *);
IMPORT("filesystem/preopens", "get-directories") void get_directories(directories *);
FILES("filesystem-error-code") void filesystem_error_code(handle error, maybe_code *);
FILES("[resource-drop]descriptor") void descriptor_drop(handle);
FILES("[resource-drop]directory-entry-stream") void entries_drop(handle);
FILES("[method]directory-entry-stream.read-directory-entry") void read_entry(handle, listed *);
FILE_CALL("read-via-stream") void read_via_stream(handle, u64, made *);
FILE_CALL("write-via-stream") void write_via_stream(handle, u64, made *);
FILE_CALL("append-via-stream") void append_via_stream(handle, made *);
FILE_CALL("advise") void file_advise(handle, u64, u64, u32, done *);
FILE_CALL("sync-data") void file_sync_data(handle, done *);
FILE_CALL("get-flags") void file_flags(handle, done *);
FILE_CALL("get-type") void file_type(handle, done *);
FILE_CALL("set-size") void file_set_size(handle, u64, done *);
FILE_CALL("set-times") void file_set_times(handle, u32, u64, u32, u32, u64, u32, done *);
FILE_CALL("read") void file_read(handle, u64, u64, was_read *);
FILE_CALL("write") void file_write(handle, const void *, size_t, u64, sized *);
FILE_CALL("read-directory") void read_directory(handle, made *);
FILE_CALL("sync") void file_sync(handle, done *);
FILE_CALL("create-directory-at") void create_directory_at(handle, const char *, size_t, done *);
FILE_CALL("stat") void stat_of(handle, statted *);
FILE_CALL("stat-at") void stat_at(handle, u32, const char *, size_t, statted *);
FILE_CALL("set-times-at")
void set_times_at(handle, u32, const char *, size_t, u32, u64, u32, u32, u64, u32, done *);
FILE_CALL("link-at") void link_at(handle, u32, const char *, size_t, handle, const char *, size_t, done *);
FILE_CALL("open-at") void open_at(handle, u32, const char *, size_t, u32 open, u32 flags, made *);
FILE_CALL("readlink-at") void readlink_at(handle, const char *, size_t, linked *);
FILE_CALL("remove-directory-at") void remove_directory_at(handle, const char *, size_t, done *);
FILE_CALL("rename-at") void rename_at(handle, const char *, size_t, handle, const char *, size_t, done *);
FILE_CALL("symlink-at") void symlink_at(handle, const char *, size_t, const char *, size_t, done *);
FILE_CALL("unlink-file-at") void unlink_file_at(handle, const char *, size_t, done *);
FILE_CALL("is-same-object") u32 is_same_object(handle, handle);
FILE_CALL("metadata-hash") void hash_of(handle, hashed *);
FILE_CALL("metadata-hash-at") void hash_at(handle, u32, const char *, size_t, hashed *);

// ---- memory: what calls answer lies here until `forget`

static _Alignas(16) char arena[4 << 20];
static size_t taken;
/** What a hostile guest does when memory is asked for. */
static void (*while_allocating)(void);

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_bytes, size_t align, size_t bytes) {
  if (while_allocating) while_allocating();
  size_t at = (taken + align - 1) & ~(align - 1);
  if (bytes > sizeof arena - at) __builtin_trap();
  taken = at + bytes;
  if (old) memcpy(arena + at, old, old_bytes < bytes ? old_bytes : bytes);
  return arena + at;
}
static inline void forget(void) { taken = 0; }

// ---- checks

static int failures;
void test(void);

static inline void put(handle to, const char *bytes, size_t count) {
  while (count) {
    size_t part = count < 4096 ? count : 4096;
    stream_done answer;
    output_blocking_write(to, bytes, part, &answer);
    if (answer.failed) return;
    bytes += part;
    count -= part;
  }
}
static inline void say_to(handle to, const char *words) { put(to, words, strlen(words)); }

static inline const char *decimal(int64_t value) {
  static char digits[24];
  char *at = digits + sizeof digits - 1;
  u64 rest = value < 0 ? 0 - (u64)value : (u64)value;
  *at = 0;
  do *--at = '0' + rest % 10;
  while (rest /= 10);
  if (value < 0) *--at = '-';
  return at;
}

static inline int check(int line, const char *what, int64_t actual, int64_t expected) {
  if (actual == expected) return 1;
  failures++;
  handle to = get_stderr();
  say_to(to, "line ");
  say_to(to, decimal(line));
  say_to(to, ": ");
  say_to(to, what);
  say_to(to, ": ");
  say_to(to, decimal(actual));
  say_to(to, ", not ");
  say_to(to, decimal(expected));
  say_to(to, "\n");
  output_drop(to);
  return 0;
}
#define EQUAL(actual, expected) check(__LINE__, #actual, (int64_t)(actual), (int64_t)(expected))
#define TRUE(condition) check(__LINE__, #condition, !!(condition), 1)
#define NEED(actual, expected)                                   \
  do {                                                           \
    if (!EQUAL(actual, expected)) {                              \
      cli_exit(1);                                               \
      __builtin_trap();                                          \
    }                                                            \
  } while (0)

EXPORT("wasi:cli/run@" WASI "#run") u32 run(void) {
  test();
  return failures > 0;
}

// ---- calls in short: error-code or OK

#define PATH(name) (name), strlen(name)
#define CODE(answer) ((answer).failed ? (int)(answer).code : OK)
/** Of a stream's call: OK, CLOSED or FAILED; the error of FAILED is dropped. */
#define STREAM(answer) stream_case((answer).failed, &(answer).why)
static inline int stream_case(int failed, stream_error *why) {
  if (!failed) return OK;
  if (why->closed) return CLOSED;
  error_drop(why->error);
  return FAILED;
}

static inline handle preopen(const char *name) {
  directories all;
  get_directories(&all);
  handle found = 0;
  for (size_t n = 0; n < all.count; n++)
    if (all.at[n].path.bytes == strlen(name) && !memcmp(all.at[n].path.at, name, strlen(name)) && !found)
      found = all.at[n].made;
    else
      descriptor_drop(all.at[n].made);
  NEED(found != 0, 1);
  forget();
  return found;
}

static inline int try_open(handle dir, u32 follow, const char *path, u32 open, u32 flags) {
  made answer;
  open_at(dir, follow, PATH(path), open, flags, &answer);
  if (!answer.failed) descriptor_drop(answer.value);
  return CODE(answer);
}
static inline handle must_open_line(int line, handle dir, const char *path, u32 open, u32 flags) {
  made answer;
  open_at(dir, 0, PATH(path), open, flags, &answer);
  if (!answer.failed) return answer.value;
  check(line, path, answer.code, OK);
  cli_exit(1);
  __builtin_trap();
}
#define OPEN(dir, path, open, flags) must_open_line(__LINE__, dir, path, open, flags)

static inline int write_to(handle file, const char *words, u64 at) {
  sized answer;
  file_write(file, words, strlen(words), at, &answer);
  return answer.failed ? answer.code : answer.value == strlen(words) ? OK : 1000;
}
static inline void make_file(handle dir, const char *path, const char *words) {
  handle file = OPEN(dir, path, CREATE | TRUNCATE, WRITE);
  NEED(write_to(file, words, 0), OK);
  descriptor_drop(file);
}
static inline int holds(handle dir, const char *path, const char *words) {
  handle file = OPEN(dir, path, 0, READ);
  was_read answer;
  file_read(file, 4000, 0, &answer);
  descriptor_drop(file);
  return !answer.failed && answer.data.bytes == strlen(words) && !memcmp(answer.data.at, words, strlen(words));
}
static inline int make_directory(handle dir, const char *path) {
  done answer;
  create_directory_at(dir, PATH(path), &answer);
  return CODE(answer);
}
static inline int remove_directory(handle dir, const char *path) {
  done answer;
  remove_directory_at(dir, PATH(path), &answer);
  return CODE(answer);
}
static inline int unlink_file(handle dir, const char *path) {
  done answer;
  unlink_file_at(dir, PATH(path), &answer);
  return CODE(answer);
}
static inline int make_symlink(handle dir, const char *target, const char *path) {
  done answer;
  symlink_at(dir, PATH(target), PATH(path), &answer);
  return CODE(answer);
}
static inline int make_link(handle from, u32 follow, const char *old, handle to, const char *new) {
  done answer;
  link_at(from, follow, PATH(old), to, PATH(new), &answer);
  return CODE(answer);
}
static inline int move(handle from, const char *old, handle to, const char *new) {
  done answer;
  rename_at(from, PATH(old), to, PATH(new), &answer);
  return CODE(answer);
}
static inline int try_stat(handle dir, u32 follow, const char *path, file_stat *out) {
  statted answer;
  stat_at(dir, follow, PATH(path), &answer);
  if (!answer.failed) *out = answer.value;
  return CODE(answer);
}
static inline int type_at(handle dir, const char *path) {
  file_stat found;
  int code = try_stat(dir, 0, path, &found);
  return code == OK ? found.type : -100 - code;
}
static inline int try_readlink(handle dir, const char *path, const char *expected) {
  linked answer;
  readlink_at(dir, PATH(path), &answer);
  if (answer.failed) return answer.code;
  return answer.value.bytes == strlen(expected) && !memcmp(answer.value.at, expected, strlen(expected)) ? OK : 1000;
}
