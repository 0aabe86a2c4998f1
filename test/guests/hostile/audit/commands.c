// Does what its stdin says, a command a line, and answers each with a line "command errno": a test asks for
// calls that are refused, or takes grants back between two of them.
//
//     open FD PATH     create FD PATH    mkdir FD PATH    unlink FD PATH   stat FD PATH   list FD
//     hold FD PATH     view FD PATH      reread           rewrite   (of the file that is held or viewed)
//     newer FD PATH    (INVAL if the file is newer than the clock)
//     symlink FD PATH  (to an absolute target)            clock  cpu  random  args  env
//     sleep MS         poll              (stdin, for as long as it takes)   sock   error
//     loop COMMAND     the command again and again until its errno is another one
//
// Ends with 100 + errno when it cannot read its stdin any more, with 200 + errno when it cannot write.
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

static char line[256];
static char input[4096];
static uint32_t input_at, input_end;
static uint32_t held;

static void put(const char *text) {
  uint32_t written;
  wasi_iovec part = {(void *)text, (uint32_t)strlen(text)};
  wasi_errno error = fd_write(1, &part, 1, &written);
  if (error != SUCCESS) proc_exit(200 + error);
}

static int next_line(void) {
  uint32_t length = 0;
  for (;;) {
    while (input_at < input_end) {
      char c = input[input_at++];
      line[length] = c == '\n' ? 0 : c;
      if (c == '\n') return 1;
      if (length < sizeof line - 1) length++;
    }
    wasi_iovec part = {input, sizeof input};
    wasi_errno error = fd_read(0, &part, 1, &input_end);
    if (error != SUCCESS) proc_exit(100 + error);
    if (input_end == 0) return 0;
    input_at = 0;
  }
}

static char *word(char **rest) {
  char *at = *rest;
  char *end = strchr(at, ' ');
  if (end != NULL) *end++ = 0;
  *rest = end == NULL ? at + strlen(at) : end;
  return at;
}

static wasi_errno open_at(uint32_t dir, const char *path, uint32_t flags, uint64_t rights, uint32_t *fd) {
  return path_open(dir, FOLLOW, path, (uint32_t)strlen(path), flags, rights, rights, 0, fd);
}

static wasi_errno open_close(uint32_t dir, const char *path, uint32_t flags, uint64_t rights) {
  uint32_t fd;
  wasi_errno error = open_at(dir, path, flags, rights, &fd);
  return error == SUCCESS ? fd_close(fd) : error;
}

static wasi_errno wait_for(uint32_t tag, uint64_t timeout) {
  wasi_subscription wish;
  wasi_event event;
  uint32_t count;
  memset(&wish, 0, sizeof wish);
  wish.tag = (uint8_t)tag;
  if (tag == EVENT_CLOCK) wish.u.clock.id = CLOCK_MONO;
  if (tag == EVENT_CLOCK) wish.u.clock.timeout = timeout;
  wasi_errno error = poll_oneoff(&wish, &event, 1, &count);
  return error != SUCCESS ? error : event.error;
}

static wasi_errno run(const char *name, uint32_t number, const char *path) {
  uint32_t length = (uint32_t)strlen(path), count, size;
  static char buffer[4096];
  static char *pointers[256];
  static uint64_t time;
  wasi_iovec part = {buffer, 16};
  wasi_filestat stat;
  if (!strcmp(name, "open")) return open_close(number, path, 0, RIGHT_READ);
  if (!strcmp(name, "create")) return open_close(number, path, O_CREATE, RIGHT_WRITE);
  if (!strcmp(name, "mkdir")) return path_create_directory(number, path, length);
  if (!strcmp(name, "unlink")) return path_unlink_file(number, path, length);
  if (!strcmp(name, "stat")) return path_filestat_get(number, 0, path, length, &stat);
  if (!strcmp(name, "newer")) {
    wasi_errno error = path_filestat_get(number, 0, path, length, &stat);
    if (error == SUCCESS) error = clock_time_get(CLOCK_REAL, 0, &time);
    if (error != SUCCESS) return error;
    return stat.mtime > time || stat.ctime > time || stat.atime > time ? E_INVAL : SUCCESS;
  }
  if (!strcmp(name, "symlink")) return path_symlink("/etc/passwd", 11, number, path, length);
  if (!strcmp(name, "list")) return fd_readdir(number, buffer, sizeof buffer, 0, &size);
  if (!strcmp(name, "hold")) return open_at(number, path, 0, RIGHT_READ | RIGHT_WRITE, &held);
  if (!strcmp(name, "view")) return open_at(number, path, 0, RIGHT_READ, &held);
  if (!strcmp(name, "reread")) return fd_pread(held, &part, 1, 0, &size);
  if (!strcmp(name, "rewrite")) return fd_pwrite(held, &part, 1, 0, &size);
  if (!strcmp(name, "clock")) return clock_time_get(CLOCK_MONO, 0, &time);
  if (!strcmp(name, "cpu")) return clock_time_get(CLOCK_PROCESS, 0, &time);
  if (!strcmp(name, "random")) return random_get(buffer, 16);
  if (!strcmp(name, "args")) {
    wasi_errno error = args_sizes_get(&count, &size);
    if (error == SUCCESS && count <= 256 && size <= sizeof buffer) args_get(pointers, buffer);
    return error == SUCCESS ? (wasi_errno)(count * 1000) : error;
  }
  if (!strcmp(name, "env")) {
    wasi_errno error = environ_sizes_get(&count, &size);
    return error == SUCCESS ? (wasi_errno)(count * 1000) : error;
  }
  if (!strcmp(name, "sleep")) return wait_for(EVENT_CLOCK, number * 1000000ull);
  if (!strcmp(name, "poll")) return wait_for(EVENT_READ, 0);
  if (!strcmp(name, "sock")) return sock_shutdown(0, 1);
  if (!strcmp(name, "error")) {
    wasi_iovec text = {"to stderr\n", 10};
    return fd_write(2, &text, 1, &size);
  }
  proc_exit(99);
}

static void answer(const char *name, wasi_errno error) {
  char text[8], *at = text + sizeof text - 1;
  uint32_t left = error;
  *at = 0;
  do *--at = (char)('0' + left % 10);
  while (left /= 10);
  put(name);
  put(" ");
  put(at);
  put("\n");
}

int main(void) {
  while (next_line()) {
    char *rest = line;
    char *name = word(&rest);
    int loops = !strcmp(name, "loop");
    if (loops) name = word(&rest);
    uint32_t number = (uint32_t)atoi(word(&rest));
    wasi_errno error = run(name, number, rest);
    if (loops) {
      put("looping\n");
      wasi_errno first = error;
      while (error == first) error = run(name, number, rest);
    }
    answer(name, error);
  }
  return 0;
}
