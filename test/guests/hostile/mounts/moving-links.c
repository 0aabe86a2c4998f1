// Two guests on one mount want to leave a symbolic link that leads out of it for a program of the host:
// one moves the directory p/q/D up to D and down again, the other puts links into it that are fine at
// p/q/D only.
//
//   moving-links mover ROUNDS    leaves with 3 as soon as a link stays in D while that is up, with 0 else;
//                                prints how often D was up, and tells the other to stop
//   moving-links symlink|rename|link    makes links in D, moves them there, or links them there
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

#define ROOT 3
#define TEXT "../../x"
#define RIGHTS (RIGHT_READ | RIGHT_READDIR)
enum { A_MOMENT = 20, A_WHILE = 20000 };

/** The other guest may be moving it: it is at one of the two paths. */
static uint32_t open_directory(const char *path, const char *other) {
  uint32_t fd;
  for (int tries = 0; tries < 10000; tries++) {
    if (!path_open(ROOT, 0, path, strlen(path), O_DIR, RIGHTS, RIGHTS, 0, &fd)) return fd;
    if (!path_open(ROOT, 0, other, strlen(other), O_DIR, RIGHTS, RIGHTS, 0, &fd)) return fd;
  }
  exit(65);
}

static wasi_errno move(uint32_t from, const char *name, uint32_t to, const char *to_name) {
  return path_rename(from, name, strlen(name), to, to_name, strlen(to_name));
}

/** Links in the directory; removes them if asked to. */
static int links_in(uint32_t fd, int remove) {
  static uint8_t buffer[65536];
  uint32_t used = 0;
  int links = 0;
  if (fd_readdir(fd, buffer, sizeof buffer, 0, &used)) return 0;
  for (uint32_t at = 0; at + sizeof(wasi_dirent) <= used;) {
    wasi_dirent entry;
    memcpy(&entry, buffer + at, sizeof entry);
    at += sizeof entry;
    if (entry.type == TYPE_LINK && at + entry.name_length <= used) {
      links++;
      if (remove) (void)!path_unlink_file(fd, (char *)buffer + at, entry.name_length);
    }
    at += entry.name_length;
  }
  return links;
}

/** Lets the other go on. */
static void wait(uint32_t fd, int looks) {
  wasi_filestat stat;
  while (looks-- > 0) (void)!fd_filestat_get(fd, &stat);
}

static int mover(long rounds) {
  uint32_t inner = open_directory("p/q", "p/q"), d = open_directory("p/q/D", "D");
  long ups = 0;
  int caught = 0;
  for (long round = 0; round < rounds && !caught; round++) {
    wait(d, round % A_MOMENT);
    if (move(inner, "D", ROOT, "D")) {
      links_in(d, 1);
      continue;
    }
    ups++;
    wait(d, A_MOMENT);
    if (links_in(d, 0)) {
      wait(d, A_WHILE);
      caught = links_in(d, 0) > 0;
    }
    if (!caught) move(ROOT, "D", inner, "D");
  }
  (void)!path_create_directory(ROOT, "stop", 4);
  printf("%ld\n", ups);
  return caught ? 3 : 0;
}

static int linker(const char *how) {
  uint32_t k = open_directory("p/q/K", "p/q/K"), d = open_directory("p/q/D", "D");
  wasi_filestat stat;
  for (long round = 0; round % 16 || path_filestat_get(ROOT, 0, "stop", 4, &stat); round++) {
    char name[16];
    snprintf(name, sizeof name, "l%ld", round % 100);
    if (strcmp(how, "symlink") == 0) {
      (void)!path_symlink(TEXT, strlen(TEXT), d, name, strlen(name));
      continue;
    }
    (void)!path_symlink(TEXT, strlen(TEXT), k, "l", 1);
    if (strcmp(how, "rename") == 0) (void)!move(k, "l", d, name);
    else (void)!path_link(k, 0, "l", 1, d, name, strlen(name));
  }
  return 0;
}

int main(int count, char **args) {
  if (count == 3) return mover(atol(args[2]));
  return count == 2 ? linker(args[1]) : 64;
}
