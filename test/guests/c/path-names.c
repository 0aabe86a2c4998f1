#include "readdir.h"

// Names in UTF-8, as they were given: not normalised, not folded, byte for byte.
int main(void) {
  static entry all[32];
  static const char *names[] = {
      "plain", "PLAIN", "with space", " lead", "trail ", "-dash", "...", "..a", ".hidden", "ünï", "u\xcc\x88",
      "\xc3\xbc", "日本語", "\xf0\x9f\xa6\x80", "back\\slash", "new\nline", "tab\t", "quote'\"", "*?[", "a:b|c<d>"};
  const int count = sizeof names / sizeof *names;
  make_directory("d");
  uint32_t dir = OPEN("d", O_DIR);
  for (int i = 0; i < count; i++) {
    uint32_t fd = open_at_line(__LINE__, dir, names[i], O_CREATE | O_EXCLUSIVE, 0);
    write_text(fd, names[i]);
    NEED(fd_close(fd));
  }
  uint32_t found = read_entries(dir, 4096, 0, all, 32);
  EQUAL(found, count + 2);
  for (int i = 0; i < count; i++) {
    TRUE(find_entry(all, found, names[i]) != NULL);
    uint32_t fd = open_at_line(__LINE__, dir, names[i], 0, 0);
    char buffer[32];
    uint32_t got = read_all(fd, buffer, 32);
    EQUAL(got, strlen(names[i]));
    EQUAL(memcmp(buffer, names[i], got), 0);
    NEED(fd_close(fd));
  }
  // A link's text is kept as well.
  make_link("grün/日本", "link");
  char buffer[32];
  uint32_t used;
  OK(path_readlink(ROOT, PATH("link"), buffer, 32, &used));
  EQUAL(used, strlen("grün/日本"));
  EQUAL(memcmp(buffer, "grün/日本", used), 0);
  OK(fd_close(dir));
  return finish();
}
