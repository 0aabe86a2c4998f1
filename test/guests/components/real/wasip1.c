// The functions of wasi_snapshot_preview1 over WASI 0.2, for programs that are linked with this file: they
// become components of wasi:cli/command without an adapter. What is not here is left to the linker's error.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define P1(name) __imported_wasi_snapshot_preview1_##name
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module("wasi:" module "@0.2.12"), import_name(name)))
#define FILE_METHOD(name) IMPORT("filesystem/types", "[method]descriptor." name)
#define STREAM(name) IMPORT("io/streams", name)

typedef int32_t handle;

typedef struct {
  char *at;
  size_t bytes;
} text;

typedef struct {
  uint64_t seconds;
  uint32_t nanoseconds;
} datetime;

typedef struct {
  uint8_t some;
  datetime value;
} maybe_datetime;

struct stat_answer {
  uint8_t failed;
  union {
    uint8_t code;
    struct {
      uint8_t type;
      uint64_t links, size;
      maybe_datetime accessed, modified, changed;
    } stat;
  } as;
};

// result<handle, error-code> and result<_, error-code>, whose code lies nearer
struct handle_answer {
  uint8_t failed;
  union {
    uint8_t code;
    handle made;
  } as;
};
struct plain_answer {
  uint8_t failed, code;
};
struct size_answer {
  uint8_t failed;
  union {
    uint8_t code;
    uint64_t size;
  } as;
};
struct bytes_answer {
  uint8_t failed;
  union {
    uint8_t code;
    struct {
      text bytes;
      uint8_t end;
    } read;
  } as;
};
struct text_answer {
  uint8_t failed;
  union {
    uint8_t code;
    text value;
  } as;
};
struct entry_answer {
  uint8_t failed;
  union {
    uint8_t code;
    struct {
      uint8_t some;
      struct {
        uint8_t type;
        text name;
      } value;
    } entry;
  } as;
};
// result<list<u8>, stream-error> and result<_, stream-error>
struct stream_answer {
  uint8_t failed;
  union {
    text bytes;
    struct {
      uint8_t closed;
      handle error;
    } reason;
  } as;
};

struct texts {
  text *at;
  size_t count;
};
struct directories {
  struct {
    handle made;
    text path;
  } *at;
  size_t count;
};

IMPORT("cli/environment", "get-arguments") void get_arguments(struct texts *);
IMPORT("cli/environment", "get-environment") void get_environment(struct texts *);
IMPORT("cli/exit", "exit") void cli_exit(uint32_t failed);
IMPORT("cli/stdin", "get-stdin") handle get_stdin(void);
IMPORT("cli/stdout", "get-stdout") handle get_stdout(void);
IMPORT("cli/stderr", "get-stderr") handle get_stderr(void);
IMPORT("clocks/monotonic-clock", "now") uint64_t monotonic_now(void);
IMPORT("clocks/monotonic-clock", "resolution") uint64_t monotonic_resolution(void);
IMPORT("clocks/monotonic-clock", "subscribe-duration") handle subscribe_duration(uint64_t nanoseconds);
IMPORT("clocks/wall-clock", "now") void wall_now(datetime *result);
IMPORT("clocks/wall-clock", "resolution") void wall_resolution(datetime *result);
IMPORT("io/poll", "[method]pollable.block") void pollable_block(handle pollable);
IMPORT("io/poll", "[resource-drop]pollable") void pollable_drop(handle pollable);
IMPORT("random/random", "get-random-bytes") void get_random_bytes(uint64_t bytes, text *result);
STREAM("[method]input-stream.blocking-read") void blocking_read(handle stream, uint64_t bytes, struct stream_answer *);
STREAM("[method]output-stream.blocking-write-and-flush")
void blocking_write(handle stream, const void *at, size_t bytes, struct stream_answer *);
IMPORT("filesystem/preopens", "get-directories") void get_directories(struct directories *);
IMPORT("filesystem/types", "[resource-drop]descriptor") void descriptor_drop(handle);
IMPORT("filesystem/types", "[resource-drop]directory-entry-stream") void entries_drop(handle);
IMPORT("filesystem/types", "[method]directory-entry-stream.read-directory-entry")
void read_entry(handle entries, struct entry_answer *);
FILE_METHOD("read") void file_read(handle, uint64_t bytes, uint64_t offset, struct bytes_answer *);
FILE_METHOD("write") void file_write(handle, const void *at, size_t bytes, uint64_t offset, struct size_answer *);
FILE_METHOD("stat") void file_stat(handle, struct stat_answer *);
FILE_METHOD("stat-at") void file_stat_at(handle, uint32_t follow, const char *, size_t, struct stat_answer *);
FILE_METHOD("get-flags") void file_flags(handle, struct plain_answer *);
FILE_METHOD("get-type") void file_type(handle, struct plain_answer *);
FILE_METHOD("open-at")
void open_at(handle, uint32_t follow, const char *, size_t, uint32_t open, uint32_t flags, struct handle_answer *);
FILE_METHOD("read-directory") void read_directory(handle, struct handle_answer *);
FILE_METHOD("set-size") void set_size(handle, uint64_t, struct plain_answer *);
FILE_METHOD("sync") void file_sync(handle, struct plain_answer *);
FILE_METHOD("sync-data") void file_sync_data(handle, struct plain_answer *);
FILE_METHOD("set-times")
void set_times(handle, uint32_t, uint64_t, uint32_t, uint32_t, uint64_t, uint32_t, struct plain_answer *);
FILE_METHOD("set-times-at")
void set_times_at(handle, uint32_t follow, const char *, size_t, uint32_t, uint64_t, uint32_t, uint32_t, uint64_t, uint32_t, struct plain_answer *);
FILE_METHOD("create-directory-at") void create_directory_at(handle, const char *, size_t, struct plain_answer *);
FILE_METHOD("remove-directory-at") void remove_directory_at(handle, const char *, size_t, struct plain_answer *);
FILE_METHOD("unlink-file-at") void unlink_file_at(handle, const char *, size_t, struct plain_answer *);
FILE_METHOD("readlink-at") void readlink_at(handle, const char *, size_t, struct text_answer *);
FILE_METHOD("symlink-at") void symlink_at(handle, const char *, size_t, const char *, size_t, struct plain_answer *);
FILE_METHOD("rename-at") void rename_at(handle, const char *, size_t, handle, const char *, size_t, struct plain_answer *);
FILE_METHOD("link-at")
void link_at(handle, uint32_t follow, const char *, size_t, handle, const char *, size_t, struct plain_answer *);

// ---- memory: what a read gives goes to where the caller wants it

static char *wanted;
static size_t wanted_bytes;

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_bytes, size_t align, size_t bytes) {
  (void)align;
  if (!old && wanted && bytes <= wanted_bytes) {
    char *given = wanted;
    wanted = NULL;
    return given;
  }
  void *made = malloc(bytes ? bytes : 1);
  if (!made) abort();
  if (old) memcpy(made, old, old_bytes < bytes ? old_bytes : bytes);
  return made;
}

static void want(void *at, size_t bytes) {
  wanted = at;
  wanted_bytes = bytes;
}

// What was given elsewhere nevertheless is moved to where it was wanted.
static void settle(void *at, text given) {
  wanted = NULL;
  if (given.at == at || given.bytes == 0) return;
  memcpy(at, given.at, given.bytes);
  free(given.at);
}

// ---- descriptors

enum kind { FREE, INPUT, OUTPUT, FILE_OR_DIRECTORY };
enum { DESCRIPTORS = 128, FIRST = 3 };

static struct descriptor {
  enum kind kind;
  handle to;
  uint64_t position;
  text preopen;
  int append;
  handle entries;
  uint64_t cookie;
} table[DESCRIPTORS];

// error-code, in its order
static const uint8_t errnos[] = {2,  6,  7,  8,  10, 16, 19, 20, 22, 25, 26, 27, 28, 29, 31, 32, 34, 35, 37,
                                 43, 44, 46, 48, 51, 54, 55, 56, 58, 59, 60, 61, 63, 64, 69, 70, 74, 75};
// descriptor-type, in its order
static const uint8_t types[] = {0, 1, 2, 3, 0, 7, 4, 6};

static int32_t errno_of(uint8_t code) { return code < sizeof errnos ? errnos[code] : __WASI_ERRNO_IO; }
static int32_t plain(struct plain_answer answer) { return answer.failed ? errno_of(answer.code) : 0; }

static void begin(void) {
  static int begun;
  if (begun) return;
  begun = 1;
  table[0] = (struct descriptor){.kind = INPUT, .to = get_stdin()};
  table[1] = (struct descriptor){.kind = OUTPUT, .to = get_stdout()};
  table[2] = (struct descriptor){.kind = OUTPUT, .to = get_stderr()};
  struct directories found;
  get_directories(&found);
  for (size_t n = 0; n < found.count && n + FIRST < DESCRIPTORS; n++)
    table[n + FIRST] = (struct descriptor){.kind = FILE_OR_DIRECTORY, .to = found.at[n].made, .preopen = found.at[n].path};
}

static struct descriptor *open_descriptor(uint32_t fd) {
  begin();
  return fd < DESCRIPTORS && table[fd].kind != FREE ? &table[fd] : NULL;
}

static struct descriptor *open_file(uint32_t fd) {
  struct descriptor *found = open_descriptor(fd);
  return found && found->kind == FILE_OR_DIRECTORY ? found : NULL;
}

#define FILE_OR_BADF(name, fd) \
  struct descriptor *name = open_file(fd); \
  if (!name) return __WASI_ERRNO_BADF

static uint64_t nanoseconds(maybe_datetime time) {
  return time.some ? time.value.seconds * 1000000000u + time.value.nanoseconds : 0;
}

static int32_t put_stat(struct stat_answer *answer, __wasi_filestat_t *out) {
  if (answer->failed) return errno_of(answer->as.code);
  memset(out, 0, sizeof *out);
  out->filetype = types[answer->as.stat.type & 7];
  out->nlink = answer->as.stat.links;
  out->size = answer->as.stat.size;
  out->atim = nanoseconds(answer->as.stat.accessed);
  out->mtim = nanoseconds(answer->as.stat.modified);
  out->ctim = nanoseconds(answer->as.stat.changed);
  return 0;
}

// ---- arguments, environment, clocks, random bytes, the end

static int32_t texts_out(text *texts, size_t count, size_t join, char **at, char *buffer) {
  for (size_t n = 0; n < count; n += join) {
    *at++ = buffer;
    for (size_t part = 0; part < join; part++) {
      memcpy(buffer, texts[n + part].at, texts[n + part].bytes);
      buffer += texts[n + part].bytes;
      *buffer++ = part + 1 < join ? '=' : '\0';
    }
  }
  return 0;
}

static size_t texts_bytes(text *texts, size_t count) {
  size_t bytes = count;
  for (size_t n = 0; n < count; n++) bytes += texts[n].bytes;
  return bytes;
}

int32_t P1(args_sizes_get)(size_t *count, size_t *bytes) {
  struct texts found;
  get_arguments(&found);
  *count = found.count;
  *bytes = texts_bytes(found.at, found.count);
  return 0;
}

int32_t P1(args_get)(char **at, char *buffer) {
  struct texts found;
  get_arguments(&found);
  return texts_out(found.at, found.count, 1, at, buffer);
}

int32_t P1(environ_sizes_get)(size_t *count, size_t *bytes) {
  struct texts found;
  get_environment(&found);
  *count = found.count;
  *bytes = texts_bytes(found.at, found.count * 2);
  return 0;
}

int32_t P1(environ_get)(char **at, char *buffer) {
  struct texts found;
  get_environment(&found);
  return texts_out(found.at, found.count * 2, 2, at, buffer);
}

int32_t P1(clock_time_get)(uint32_t id, uint64_t precision, uint64_t *out) {
  (void)precision;
  if (id > 1) return __WASI_ERRNO_NOTSUP;
  if (id == 1) {
    *out = monotonic_now();
  } else {
    datetime now;
    wall_now(&now);
    *out = now.seconds * 1000000000u + now.nanoseconds;
  }
  return 0;
}

int32_t P1(clock_res_get)(uint32_t id, uint64_t *out) {
  if (id > 1) return __WASI_ERRNO_NOTSUP;
  if (id == 1) {
    *out = monotonic_resolution();
  } else {
    datetime step;
    wall_resolution(&step);
    *out = step.seconds * 1000000000u + step.nanoseconds;
  }
  return 0;
}

int32_t P1(random_get)(void *at, size_t bytes) {
  text given;
  want(at, bytes);
  get_random_bytes(bytes, &given);
  settle(at, given);
  return 0;
}

int32_t P1(sched_yield)(void) { return 0; }

_Noreturn void P1(proc_exit)(uint32_t code) {
  cli_exit(code != 0);
  __builtin_unreachable();
}

// Waits for the shortest time asked for; descriptors are always ready here.
int32_t P1(poll_oneoff)(const __wasi_subscription_t *in, __wasi_event_t *out, size_t count, size_t *happened) {
  uint64_t shortest = UINT64_MAX;
  *happened = 0;
  for (size_t n = 0; n < count; n++) {
    if (in[n].u.tag != __WASI_EVENTTYPE_CLOCK) shortest = 0;
    else if (in[n].u.u.clock.flags != 0) return __WASI_ERRNO_NOTSUP;
    else if (in[n].u.u.clock.timeout < shortest) shortest = in[n].u.u.clock.timeout;
  }
  if (shortest > 0) {
    handle timer = subscribe_duration(shortest);
    pollable_block(timer);
    pollable_drop(timer);
  }
  for (size_t n = 0; n < count; n++) {
    int timer = in[n].u.tag == __WASI_EVENTTYPE_CLOCK;
    if (timer && in[n].u.u.clock.timeout > shortest) continue;
    out[(*happened)++] = (__wasi_event_t){.userdata = in[n].userdata, .type = in[n].u.tag};
  }
  return 0;
}

// ---- descriptors: reading, writing

int32_t P1(fd_pread)(uint32_t fd, const __wasi_iovec_t *vectors, size_t count, uint64_t offset, size_t *done) {
  FILE_OR_BADF(file, fd);
  *done = 0;
  for (size_t n = 0; n < count; n++) {
    if (vectors[n].buf_len == 0) continue;
    struct bytes_answer answer;
    want(vectors[n].buf, vectors[n].buf_len);
    file_read(file->to, vectors[n].buf_len, offset + *done, &answer);
    if (answer.failed) {
      wanted = NULL;
      return errno_of(answer.as.code);
    }
    settle(vectors[n].buf, answer.as.read.bytes);
    *done += answer.as.read.bytes.bytes;
    if (answer.as.read.bytes.bytes < vectors[n].buf_len) break;
  }
  return 0;
}

int32_t P1(fd_pwrite)(uint32_t fd, const __wasi_ciovec_t *vectors, size_t count, uint64_t offset, size_t *done) {
  FILE_OR_BADF(file, fd);
  *done = 0;
  for (size_t n = 0; n < count; n++) {
    for (size_t from = 0; from < vectors[n].buf_len;) {
      struct size_answer answer;
      file_write(file->to, vectors[n].buf + from, vectors[n].buf_len - from, offset + *done, &answer);
      if (answer.failed) return errno_of(answer.as.code);
      if (answer.as.size == 0) return __WASI_ERRNO_IO;
      from += answer.as.size;
      *done += answer.as.size;
    }
  }
  return 0;
}

static int32_t read_stream(handle stream, const __wasi_iovec_t *vectors, size_t count, size_t *done) {
  struct stream_answer answer;
  *done = 0;
  while (count > 0 && vectors->buf_len == 0) vectors++, count--;
  if (count == 0) return 0;
  want(vectors->buf, vectors->buf_len);
  blocking_read(stream, vectors->buf_len, &answer);
  wanted = NULL;
  if (answer.failed) return answer.as.reason.closed ? 0 : __WASI_ERRNO_IO;
  settle(vectors->buf, answer.as.bytes);
  *done = answer.as.bytes.bytes;
  return 0;
}

// One write of a stream that flushes takes this much.
enum { MOST_BYTES = 4096 };

static int32_t write_stream(handle stream, const __wasi_ciovec_t *vectors, size_t count, size_t *done) {
  *done = 0;
  for (size_t n = 0; n < count; n++) {
    for (size_t from = 0; from < vectors[n].buf_len;) {
      size_t left = vectors[n].buf_len - from;
      size_t bytes = left < MOST_BYTES ? left : MOST_BYTES;
      struct stream_answer answer;
      blocking_write(stream, vectors[n].buf + from, bytes, &answer);
      if (answer.failed) return answer.as.reason.closed ? __WASI_ERRNO_PIPE : __WASI_ERRNO_IO;
      from += bytes;
      *done += bytes;
    }
  }
  return 0;
}

int32_t P1(fd_read)(uint32_t fd, const __wasi_iovec_t *vectors, size_t count, size_t *done) {
  struct descriptor *from = open_descriptor(fd);
  if (!from || from->kind == OUTPUT) return __WASI_ERRNO_BADF;
  if (from->kind == INPUT) return read_stream(from->to, vectors, count, done);
  int32_t failed = P1(fd_pread)(fd, vectors, count, from->position, done);
  if (!failed) from->position += *done;
  return failed;
}

static int32_t size_of(struct descriptor *file, uint64_t *size) {
  struct stat_answer answer;
  file_stat(file->to, &answer);
  if (answer.failed) return errno_of(answer.as.code);
  *size = answer.as.stat.size;
  return 0;
}

int32_t P1(fd_write)(uint32_t fd, const __wasi_ciovec_t *vectors, size_t count, size_t *done) {
  struct descriptor *to = open_descriptor(fd);
  if (!to || to->kind == INPUT) return __WASI_ERRNO_BADF;
  if (to->kind == OUTPUT) return write_stream(to->to, vectors, count, done);
  int32_t failed = to->append ? size_of(to, &to->position) : 0;
  if (!failed) failed = P1(fd_pwrite)(fd, vectors, count, to->position, done);
  if (!failed) to->position += *done;
  return failed;
}

int32_t P1(fd_seek)(uint32_t fd, int64_t by, uint32_t whence, uint64_t *out) {
  struct descriptor *any = open_descriptor(fd);
  if (!any) return __WASI_ERRNO_BADF;
  if (any->kind != FILE_OR_DIRECTORY) return __WASI_ERRNO_SPIPE;
  uint64_t base = whence == __WASI_WHENCE_CUR ? any->position : 0;
  int32_t failed = whence == __WASI_WHENCE_END ? size_of(any, &base) : 0;
  if (failed) return failed;
  if (by < 0 && (uint64_t)-by > base) return __WASI_ERRNO_INVAL;
  *out = any->position = base + (uint64_t)by;
  return 0;
}

int32_t P1(fd_tell)(uint32_t fd, uint64_t *out) { return P1(fd_seek)(fd, 0, __WASI_WHENCE_CUR, out); }

int32_t P1(fd_close)(uint32_t fd) {
  struct descriptor *any = open_descriptor(fd);
  if (!any) return __WASI_ERRNO_BADF;
  if (any->entries) entries_drop(any->entries);
  if (any->kind == FILE_OR_DIRECTORY) descriptor_drop(any->to);
  *any = (struct descriptor){.kind = FREE};
  return 0;
}

int32_t P1(fd_renumber)(uint32_t fd, uint32_t to) {
  struct descriptor *any = open_descriptor(fd);
  if (!any || !open_descriptor(to)) return __WASI_ERRNO_BADF;
  if (fd == to) return 0;
  P1(fd_close)(to);
  table[to] = *any;
  *any = (struct descriptor){.kind = FREE};
  return 0;
}

// ---- descriptors: what they are

int32_t P1(fd_fdstat_get)(uint32_t fd, __wasi_fdstat_t *out) {
  struct descriptor *any = open_descriptor(fd);
  if (!any) return __WASI_ERRNO_BADF;
  struct plain_answer type = {0, 0};
  if (any->kind == FILE_OR_DIRECTORY) file_type(any->to, &type);
  if (type.failed) return errno_of(type.code);
  *out = (__wasi_fdstat_t){
      .fs_filetype = types[type.code & 7],
      .fs_flags = any->append ? __WASI_FDFLAGS_APPEND : 0,
      .fs_rights_base = UINT64_MAX,
      .fs_rights_inheriting = UINT64_MAX,
  };
  return 0;
}

int32_t P1(fd_fdstat_set_flags)(uint32_t fd, uint32_t flags) {
  FILE_OR_BADF(file, fd);
  file->append = (flags & __WASI_FDFLAGS_APPEND) != 0;
  return 0;
}

int32_t P1(fd_filestat_get)(uint32_t fd, __wasi_filestat_t *out) {
  struct descriptor *any = open_descriptor(fd);
  if (!any) return __WASI_ERRNO_BADF;
  if (any->kind != FILE_OR_DIRECTORY) {
    memset(out, 0, sizeof *out);
    return 0;
  }
  struct stat_answer answer;
  file_stat(any->to, &answer);
  return put_stat(&answer, out);
}

#define PLAIN(call) \
  struct plain_answer answer; \
  call; \
  return plain(answer)

int32_t P1(fd_filestat_set_size)(uint32_t fd, uint64_t size) {
  FILE_OR_BADF(file, fd);
  PLAIN(set_size(file->to, size, &answer));
}

int32_t P1(fd_sync)(uint32_t fd) {
  FILE_OR_BADF(file, fd);
  PLAIN(file_sync(file->to, &answer));
}

int32_t P1(fd_datasync)(uint32_t fd) {
  FILE_OR_BADF(file, fd);
  PLAIN(file_sync_data(file->to, &answer));
}

static uint32_t time_kind(uint32_t flags, uint32_t set, uint32_t now) {
  return flags & set ? 2 : flags & now ? 1 : 0;
}

#define TIME(time, set, now) time_kind(flags, set, now), time / 1000000000u, time % 1000000000u
#define TIMES TIME(accessed, __WASI_FSTFLAGS_ATIM, __WASI_FSTFLAGS_ATIM_NOW), \
              TIME(modified, __WASI_FSTFLAGS_MTIM, __WASI_FSTFLAGS_MTIM_NOW)

int32_t P1(fd_filestat_set_times)(uint32_t fd, uint64_t accessed, uint64_t modified, uint32_t flags) {
  FILE_OR_BADF(file, fd);
  PLAIN(set_times(file->to, TIMES, &answer));
}

int32_t P1(fd_prestat_get)(uint32_t fd, __wasi_prestat_t *out) {
  FILE_OR_BADF(file, fd);
  if (!file->preopen.at) return __WASI_ERRNO_BADF;
  *out = (__wasi_prestat_t){.tag = __WASI_PREOPENTYPE_DIR, .u.dir.pr_name_len = file->preopen.bytes};
  return 0;
}

int32_t P1(fd_prestat_dir_name)(uint32_t fd, char *at, size_t bytes) {
  FILE_OR_BADF(file, fd);
  if (bytes < file->preopen.bytes) return __WASI_ERRNO_NAMETOOLONG;
  memcpy(at, file->preopen.at, file->preopen.bytes);
  return 0;
}

// Goes to the entry that the cookie names, from the start if it is not the next one.
static int32_t at_cookie(struct descriptor *file, uint64_t cookie) {
  struct entry_answer skipped;
  if (file->entries && file->cookie == cookie) return 0;
  if (file->entries) entries_drop(file->entries);
  file->entries = 0;
  struct handle_answer answer;
  read_directory(file->to, &answer);
  if (answer.failed) return errno_of(answer.as.code);
  file->entries = answer.as.made;
  for (file->cookie = 0; file->cookie < cookie; file->cookie++) {
    read_entry(file->entries, &skipped);
    if (skipped.failed || !skipped.as.entry.some) break;
    free(skipped.as.entry.value.name.at);
  }
  return 0;
}

static size_t append(char *buffer, size_t used, size_t most, const void *from, size_t bytes) {
  size_t room = most - used;
  memcpy(buffer + used, from, bytes < room ? bytes : room);
  return used + (bytes < room ? bytes : room);
}

int32_t P1(fd_readdir)(uint32_t fd, char *buffer, size_t most, uint64_t cookie, size_t *used) {
  FILE_OR_BADF(file, fd);
  int32_t failed = at_cookie(file, cookie);
  if (failed) return failed;
  *used = 0;
  while (*used < most) {
    struct entry_answer next;
    read_entry(file->entries, &next);
    if (next.failed) return errno_of(next.as.code);
    if (!next.as.entry.some) break;
    text name = next.as.entry.value.name;
    __wasi_dirent_t head = {.d_next = ++file->cookie, .d_namlen = name.bytes, .d_type = types[next.as.entry.value.type & 7]};
    *used = append(buffer, *used, most, &head, sizeof head);
    *used = append(buffer, *used, most, name.at, name.bytes);
    free(name.at);
  }
  return 0;
}

// ---- paths

static uint32_t flags_for(struct descriptor *in, uint32_t open, uint64_t rights, uint32_t fdflags) {
  uint32_t flags = rights & (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_READDIR) ? 1 : 0;
  if (rights & __WASI_RIGHTS_FD_WRITE && !(open & __WASI_OFLAGS_DIRECTORY)) flags |= 2;
  if (fdflags & __WASI_FDFLAGS_SYNC) flags |= 4;
  if (fdflags & __WASI_FDFLAGS_DSYNC) flags |= 8;
  if (open & __WASI_OFLAGS_DIRECTORY) {
    struct plain_answer parent;
    file_flags(in->to, &parent);
    if (!parent.failed) flags |= parent.code & 32;
  }
  return flags;
}

int32_t P1(path_open)(uint32_t fd, uint32_t follow, const char *path, size_t bytes, uint32_t open, uint64_t rights,
                      uint64_t inheriting, uint32_t fdflags, uint32_t *out) {
  (void)inheriting;
  FILE_OR_BADF(in, fd);
  uint32_t free_at = 0;
  while (free_at < DESCRIPTORS && table[free_at].kind != FREE) free_at++;
  if (free_at == DESCRIPTORS) return __WASI_ERRNO_MFILE;
  struct handle_answer answer;
  open_at(in->to, follow, path, bytes, open, flags_for(in, open, rights, fdflags), &answer);
  if (answer.failed) return errno_of(answer.as.code);
  table[free_at] = (struct descriptor){
      .kind = FILE_OR_DIRECTORY,
      .to = answer.as.made,
      .append = (fdflags & __WASI_FDFLAGS_APPEND) != 0,
  };
  *out = free_at;
  return 0;
}

int32_t P1(path_filestat_get)(uint32_t fd, uint32_t follow, const char *path, size_t bytes, __wasi_filestat_t *out) {
  FILE_OR_BADF(in, fd);
  struct stat_answer answer;
  file_stat_at(in->to, follow, path, bytes, &answer);
  return put_stat(&answer, out);
}

int32_t P1(path_filestat_set_times)(uint32_t fd, uint32_t follow, const char *path, size_t bytes, uint64_t accessed,
                                    uint64_t modified, uint32_t flags) {
  FILE_OR_BADF(in, fd);
  PLAIN(set_times_at(in->to, follow, path, bytes, TIMES, &answer));
}

int32_t P1(path_create_directory)(uint32_t fd, const char *path, size_t bytes) {
  FILE_OR_BADF(in, fd);
  PLAIN(create_directory_at(in->to, path, bytes, &answer));
}

int32_t P1(path_remove_directory)(uint32_t fd, const char *path, size_t bytes) {
  FILE_OR_BADF(in, fd);
  PLAIN(remove_directory_at(in->to, path, bytes, &answer));
}

int32_t P1(path_unlink_file)(uint32_t fd, const char *path, size_t bytes) {
  FILE_OR_BADF(in, fd);
  PLAIN(unlink_file_at(in->to, path, bytes, &answer));
}

int32_t P1(path_readlink)(uint32_t fd, const char *path, size_t bytes, char *buffer, size_t most, size_t *used) {
  FILE_OR_BADF(in, fd);
  struct text_answer answer;
  readlink_at(in->to, path, bytes, &answer);
  if (answer.failed) return errno_of(answer.as.code);
  *used = append(buffer, 0, most, answer.as.value.at, answer.as.value.bytes);
  free(answer.as.value.at);
  return 0;
}

int32_t P1(path_symlink)(const char *to, size_t to_bytes, uint32_t fd, const char *path, size_t bytes) {
  FILE_OR_BADF(in, fd);
  PLAIN(symlink_at(in->to, to, to_bytes, path, bytes, &answer));
}

int32_t P1(path_rename)(uint32_t fd, const char *from, size_t from_bytes, uint32_t other, const char *to, size_t bytes) {
  FILE_OR_BADF(in, fd);
  FILE_OR_BADF(into, other);
  PLAIN(rename_at(in->to, from, from_bytes, into->to, to, bytes, &answer));
}

int32_t P1(path_link)(uint32_t fd, uint32_t follow, const char *from, size_t from_bytes, uint32_t other, const char *to,
                      size_t bytes) {
  FILE_OR_BADF(in, fd);
  FILE_OR_BADF(into, other);
  PLAIN(link_at(in->to, follow, from, from_bytes, into->to, to, bytes, &answer));
}

// ---- the program

int __main_void(void);

EXPORT("wasi:cli/run@0.2.12#run")
uint32_t run(void) {
  int code = __main_void();
  if (code != 0) exit(code);
  fflush(NULL);
  return 0;
}
