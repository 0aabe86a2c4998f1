// One WASI call for each argument, without a libc between; one line of answer for each: the errno by name,
// or "ok" and what the call gave.
//
//   open NAME PATH MODE    opens as NAME, one letter; MODE has letters of "rwcxtad" (read, write, create,
//                          exclusive, truncate, append, directory), "n" does not follow a link
//   close NAME             size NAME BYTES             times NAME        sync NAME
//   write NAME TEXT        pwrite NAME OFFSET TEXT     fstat NAME        "<type> <links> <size>"
//   read NAME BYTES        pread NAME OFFSET BYTES     list NAME         names, sorted, with types
//   mkdir PATH             rmdir PATH                  unlink PATH       stat PATH
//   settimes PATH          readlink PATH               symlink TEXT PATH
//   rename PATH PATH       link PATH PATH              fill NAME PATH    opens PATH until that fails
//
// A path starts from descriptor 3; "4:x" from 4. "-" is the empty text.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

enum { MAX_WORDS = 4, MAX_NAMES = 64 };

static uint32_t slots[256];
static char answer[4096];
static uint8_t buffer[65536];

static const char *errno_name(wasi_errno code) {
  static char number[16];
#define NAME(x) case E_##x: return "E" #x
  switch (code) {
    NAME(BADF); NAME(BUSY); NAME(EXIST); NAME(FBIG); NAME(INVAL); NAME(IO); NAME(ISDIR); NAME(LOOP);
    NAME(MFILE); NAME(NAMETOOLONG); NAME(NOENT); NAME(NOSPC); NAME(NOTDIR); NAME(NOTEMPTY); NAME(NOTSUP);
    NAME(PERM); NAME(ROFS); NAME(XDEV);
  }
#undef NAME
  snprintf(number, sizeof number, "E%d", code);
  return number;
}

typedef struct { uint32_t at; const char *name; uint32_t length; } place;

static place path(const char *word) {
  place p = {3, word, 0};
  if (word[0] >= '0' && word[0] <= '9' && word[1] == ':') {
    p.at = word[0] - '0';
    p.name = word + 2;
  }
  p.length = strlen(p.name);
  return p;
}

static wasi_errno open_as(uint8_t name, const char *word, const char *mode) {
  place p = path(word);
  uint32_t oflags = 0, fdflags = 0, lookup = FOLLOW;
  uint64_t rights = 0;
  for (; *mode; mode++) {
    if (*mode == 'r') rights |= RIGHT_READ | RIGHT_READDIR;
    if (*mode == 'w') rights |= RIGHT_WRITE;
    if (*mode == 'c') oflags |= O_CREATE;
    if (*mode == 'x') oflags |= O_EXCLUSIVE;
    if (*mode == 't') oflags |= O_TRUNCATE;
    if (*mode == 'd') oflags |= O_DIR;
    if (*mode == 'a') fdflags |= FD_APPEND;
    if (*mode == 'n') lookup = 0;
  }
  return path_open(p.at, lookup, p.name, p.length, oflags, rights, rights, fdflags, &slots[name]);
}

static wasi_errno describe(wasi_errno error, const wasi_filestat *stat) {
  if (!error)
    snprintf(answer, sizeof answer, "%s %llu %llu",
             stat->type == TYPE_REGULAR ? "file" : stat->type == TYPE_DIRECTORY ? "directory" : "link",
             stat->type == TYPE_REGULAR ? (unsigned long long)stat->nlink : 1ull,
             stat->type == TYPE_DIRECTORY ? 0ull : (unsigned long long)stat->size);
  return error;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static wasi_errno list(uint32_t fd) {
  uint32_t used = 0, count = 0;
  char *names[MAX_NAMES];
  wasi_errno error = fd_readdir(fd, buffer, sizeof buffer, 0, &used);
  if (error) return error;
  for (uint32_t at = 0; at + sizeof(wasi_dirent) <= used && count < MAX_NAMES;) {
    wasi_dirent entry;
    memcpy(&entry, buffer + at, sizeof entry);
    at += sizeof entry;
    const char *end = entry.type == TYPE_DIRECTORY ? "/" : entry.type == TYPE_LINK ? "@" : "";
    char *name = malloc(entry.name_length + 2);
    snprintf(name, entry.name_length + 2, "%.*s%s", (int)entry.name_length, buffer + at, end);
    names[count++] = name;
    at += entry.name_length;
  }
  qsort(names, count, sizeof *names, by_name);
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(names[i], "./") == 0 || strcmp(names[i], "../") == 0) continue;
    if (*answer) strcat(answer, " ");
    strcat(answer, names[i]);
  }
  return 0;
}

static wasi_errno transfer(int writes, uint32_t fd, const char *at, const char *what) {
  wasi_iovec part = {writes ? (void *)what : (void *)answer, writes ? strlen(what) : (uint32_t)atoi(what)};
  uint32_t done = 0;
  uint64_t offset = at ? strtoull(at, 0, 10) : 0;
  wasi_errno error = writes ? at ? fd_pwrite(fd, &part, 1, offset, &done) : fd_write(fd, &part, 1, &done)
                     : at   ? fd_pread(fd, &part, 1, offset, &done)
                            : fd_read(fd, &part, 1, &done);
  if (!error && writes) snprintf(answer, sizeof answer, "%u", done);
  return error;
}

static wasi_errno call(char *words[MAX_WORDS]) {
  const char *verb = words[0];
  wasi_filestat stat;
  uint32_t used;
  uint32_t fd = slots[(uint8_t)words[1][0]];
  place a = path(words[1]), b = path(words[2]);
#define IS(text) (strcmp(verb, text) == 0)
  if (IS("open")) return open_as(words[1][0], words[2], words[3]);
  if (IS("close")) return fd_close(fd);
  if (IS("size")) return fd_filestat_set_size(fd, strtoull(words[2], 0, 10));
  if (IS("times")) return fd_filestat_set_times(fd, 1, 2, SET_ATIME | SET_MTIME);
  if (IS("sync")) return fd_sync(fd);
  if (IS("write")) return transfer(1, fd, 0, words[2]);
  if (IS("pwrite")) return transfer(1, fd, words[2], words[3]);
  if (IS("read")) return transfer(0, fd, 0, words[2]);
  if (IS("pread")) return transfer(0, fd, words[2], words[3]);
  if (IS("fstat")) return describe(fd_filestat_get(fd, &stat), &stat);
  if (IS("list")) return list(fd);
  if (IS("mkdir")) return path_create_directory(a.at, a.name, a.length);
  if (IS("rmdir")) return path_remove_directory(a.at, a.name, a.length);
  if (IS("unlink")) return path_unlink_file(a.at, a.name, a.length);
  if (IS("stat")) return describe(path_filestat_get(a.at, 0, a.name, a.length, &stat), &stat);
  if (IS("settimes")) return path_filestat_set_times(a.at, 0, a.name, a.length, 1, 2, SET_ATIME | SET_MTIME);
  if (IS("readlink")) return path_readlink(a.at, a.name, a.length, answer, sizeof answer - 1, &used);
  if (IS("symlink")) return path_symlink(words[1], strlen(words[1]), b.at, b.name, b.length);
  if (IS("rename")) return path_rename(a.at, a.name, a.length, b.at, b.name, b.length);
  if (IS("link")) return path_link(a.at, 0, a.name, a.length, b.at, b.name, b.length);
  if (IS("fill")) {
    wasi_errno error;
    while (!(error = open_as(words[1][0], words[2], "r"))) continue;
    return error;
  }
  fprintf(stderr, "no such call: %s\n", verb);
  exit(64);
}

int main(int count, char **args) {
  for (int i = 1; i < count; i++) {
    char *words[MAX_WORDS] = {"", "", "", ""};
    int n = 0;
    for (char *word = strtok(args[i], " "); word && n < MAX_WORDS; word = strtok(0, " "))
      words[n++] = strcmp(word, "-") == 0 ? "" : word;
    memset(answer, 0, sizeof answer);
    wasi_errno error = call(words);
    if (error) puts(errno_name(error));
    else printf("ok%s%s\n", *answer ? " " : "", answer);
  }
  return 0;
}
