// create-only: on a mount where files may be made and nothing else. `old` holds "old", `dir` is empty, `link`
// leads to old.
#include "check.h"

/** As `holds`, opened to be read and nothing else. */
static int reads(const char *path, const char *text) {
  char buffer[256];
  uint32_t fd;
  NEED(path_open(ROOT, FOLLOW, PATH(path), 0, RIGHT_READ, 0, 0, &fd));
  uint32_t got = read_all(fd, buffer, sizeof buffer);
  OK(fd_close(fd));
  return got == strlen(text) && memcmp(buffer, text, got) == 0;
}

int main(void) {
  uint32_t put;
  uint32_t fd = OPEN("new", O_CREATE | O_TRUNCATE);
  write_text(fd, "new");
  OK(fd_filestat_set_size(fd, 2));
  OK(fd_close(fd));
  TRUE(reads("new", "ne"));
  TRUE(reads("old", "old"));
  TRUE(reads("link", "old"));
  const char *kept[] = {"old", "new", "link"};
  for (int index = 0; index < 3; index++) {
    const char *name = kept[index];
    EQUAL(try_open(ROOT, FOLLOW, name, 0, RIGHT_WRITE), E_PERM);
    EQUAL(try_open(ROOT, FOLLOW, name, O_TRUNCATE, RIGHT_READ), E_PERM);
    EQUAL(try_open(ROOT, FOLLOW, name, O_CREATE | O_TRUNCATE, RIGHT_WRITE), E_PERM);
    EQUAL(try_open(ROOT, 0, name, O_CREATE | O_EXCLUSIVE, RIGHT_WRITE), E_EXIST);
    EQUAL(try_open(ROOT, FOLLOW, name, O_CREATE, RIGHT_READ), SUCCESS);
    EQUAL(path_unlink_file(ROOT, PATH(name)), E_PERM);
    EQUAL(path_rename(ROOT, PATH(name), ROOT, PATH("moved")), E_PERM);
    EQUAL(path_rename(ROOT, PATH("new"), ROOT, PATH(name)), E_PERM);
    EQUAL(path_link(ROOT, 0, PATH(name), ROOT, PATH("twin")), E_PERM);
    EQUAL(path_filestat_set_times(ROOT, 0, PATH(name), 0, 0, NOW_MTIME), E_PERM);
  }
  NEED(path_open(ROOT, 0, PATH("old"), 0, RIGHT_READ, 0, 0, &fd));
  EQUAL(write_once(fd, "x", 1, &put), E_BADF);
  EQUAL(fd_filestat_set_size(fd, 0), E_INVAL);
  EQUAL(fd_filestat_set_times(fd, 0, 0, NOW_MTIME), E_PERM);
  OK(fd_close(fd));
  EQUAL(path_remove_directory(ROOT, PATH("dir")), E_PERM);
  EQUAL(path_rename(ROOT, PATH("dir"), ROOT, PATH("moved")), E_PERM);
  make_directory("made");
  make_file("made/file", "inside");
  make_file("dir/file", "inside");
  OK(path_symlink(PATH("new"), ROOT, PATH("l")));
  EQUAL(path_remove_directory(ROOT, PATH("made")), E_PERM);
  EQUAL(path_unlink_file(ROOT, PATH("made/file")), E_PERM);
  EQUAL(type_of("moved"), MISSING);
  EQUAL(type_of("twin"), MISSING);
  // Through a dangling link a file is made where the link leads, never behind its back.
  make_link("target", "dangling");
  make_file("dangling", "made");
  TRUE(reads("target", "made"));
  EQUAL(try_open(ROOT, FOLLOW, "dangling", O_TRUNCATE, RIGHT_WRITE), E_PERM);
  return finish();
}
