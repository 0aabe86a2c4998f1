#include "check.h"

int main(void) {
  wasi_filestat a, b;
  make_file("f", "text");
  make_directory("d");
  OK(path_link(ROOT, 0, PATH("f"), ROOT, PATH("d/g")));
  OK(path_filestat_get(ROOT, 0, PATH("f"), &a));
  OK(path_filestat_get(ROOT, 0, PATH("d/g"), &b));
  EQUAL(a.ino, b.ino);
  EQUAL(a.dev, b.dev);
  EQUAL(a.nlink, 2);
  EQUAL(b.nlink, 2);
  // One file, two names.
  uint32_t fd = OPEN_WITH("d/g", 0, FD_APPEND);
  write_text(fd, " more");
  OK(fd_close(fd));
  TRUE(holds("f", "text more"));
  OK(path_unlink_file(ROOT, PATH("f")));
  TRUE(holds("d/g", "text more"));
  OK(path_filestat_get(ROOT, 0, PATH("d/g"), &b));
  EQUAL(b.nlink, 1);

  make_file("f", "other");
  EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, PATH("d/g")), E_EXIST);
  EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, PATH("f")), E_EXIST);
  EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, PATH("d")), E_EXIST);
  EQUAL(path_link(ROOT, 0, PATH("none"), ROOT, PATH("h")), E_NOENT);
  EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, PATH("none/h")), E_NOENT);
  EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, PATH("d/g/h")), E_NOTDIR);
  EITHER(path_link(ROOT, 0, PATH("d"), ROOT, PATH("d2")), E_PERM, E_ACCES);
  // What speaks against the new name is said before that a directory cannot be linked.
  EQUAL(path_link(ROOT, 0, PATH("d"), ROOT, PATH("f")), E_EXIST);
  EQUAL(path_link(ROOT, 0, PATH("."), ROOT, PATH("d")), E_EXIST);
  EQUAL(path_link(ROOT, 0, PATH("d"), ROOT, PATH("none/d2")), E_NOENT);
  EQUAL(path_link(ROOT, 0, PATH("d"), ROOT, PATH("f/d2")), E_NOTDIR);
  EQUAL(path_link(ROOT, 0, PATH("none"), ROOT, PATH("../h")), E_PERM);
  EITHER(path_link(ROOT, 0, PATH("f/"), ROOT, PATH("h")), E_NOTDIR);
  EITHER(path_link(ROOT, 0, PATH("f"), ROOT, PATH("h/")), E_NOENT, E_NOTDIR);
  EQUAL(type_of("h"), MISSING);

  // Without the flag the link itself gets a second name. Following is not to be had for hard links
  // everywhere: then it is refused.
  make_link("f", "link");
  OK(path_link(ROOT, 0, PATH("link"), ROOT, PATH("link2")));
  EQUAL(type_of("link2"), TYPE_LINK);
  wasi_errno error = path_link(ROOT, FOLLOW, PATH("link"), ROOT, PATH("followed"));
  EITHER(error, SUCCESS, E_INVAL, E_NOTSUP);
  EQUAL(type_of("followed"), error ? MISSING : TYPE_REGULAR);

  // From one descriptor to another.
  uint32_t dir = OPEN("d", O_DIR);
  OK(path_link(dir, 0, PATH("g"), ROOT, PATH("from-d")));
  TRUE(holds("from-d", "text more"));
  OK(fd_close(dir));
  return finish();
}
