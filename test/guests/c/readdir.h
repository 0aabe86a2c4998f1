// Reading a directory whole: the entries of one pass, with a buffer of the size given.
#ifndef READDIR_H
#define READDIR_H

#include "check.h"

typedef struct { char name[64]; uint64_t ino, next; uint8_t type; } entry;

/** All entries from `cookie` on, "." and ".." included; their count, at most `max`. */
static inline uint32_t read_entries(uint32_t fd, uint32_t size, uint64_t cookie, entry *out, uint32_t max) {
  static char buffer[65536] __attribute__((aligned(8)));
  uint32_t count = 0;
  for (;;) {
    uint32_t used = 0, at = 0;
    NEED(fd_readdir(fd, buffer, size, cookie, &used));
    if (!TRUE(used <= size)) proc_exit(1);
    uint32_t whole = 0;
    while (at + sizeof(wasi_dirent) <= used) {
      wasi_dirent head;
      memcpy(&head, buffer + at, sizeof head);
      if (at + sizeof head + head.name_length > used) break;
      if (count == max || head.name_length >= sizeof out->name) {
        differs(__LINE__, "entries", count, "fewer");
        proc_exit(1);
      }
      memcpy(out[count].name, buffer + at + sizeof head, head.name_length);
      out[count].name[head.name_length] = 0;
      out[count].ino = head.ino;
      out[count].next = head.next;
      out[count].type = head.type;
      count++;
      whole++;
      cookie = head.next;
      at += sizeof head + head.name_length;
    }
    if (used < size) {
      EQUAL(at, used);
      return count;
    }
    if (!TRUE(whole > 0)) proc_exit(1); // not even one entry fits: the caller's buffer is too small
  }
}

static inline const entry *find_entry(const entry *all, uint32_t count, const char *name) {
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(all[i].name, name) == 0) return &all[i];
  return NULL;
}

#endif
