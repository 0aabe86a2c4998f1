#include "check.h"

// Links that lead out are as good as walls, wherever in a path they stand.
static void closed(uint32_t dir, const char *path) {
  wasi_filestat stat;
  EQUAL(try_open(dir, FOLLOW, path, 0, RIGHT_READ), E_PERM);
  EQUAL(path_filestat_get(dir, FOLLOW, PATH(path), &stat), E_PERM);
}

int main(void) {
  make_directory("d");
  make_directory("d/e");
  make_file("secret", "x");
  uint32_t dir = OPEN("d", O_DIR);
  // The host may refuse to make such a link; if it makes it, it does not follow it.
  const char *targets[] = {"..", "../secret", "e/../../secret", "e/../..", "../d/../secret"};
  for (int i = 0; i < 5; i++) {
    wasi_errno error = path_symlink(PATH(targets[i]), dir, PATH("link"));
    EITHER(error, SUCCESS, E_PERM, E_NOTCAPABLE);
    if (error) continue;
    closed(dir, "link");
    closed(dir, "link/secret");
    closed(dir, "e/../link/secret");
    OK(path_unlink_file(dir, PATH("link")));
  }

  // Built up in steps: each link alone stays inside.
  wasi_errno error = path_symlink(PATH("."), dir, PATH("here"));
  if (!error) {
    error = path_symlink(PATH("here/.."), dir, PATH("up"));
    EITHER(error, SUCCESS, E_PERM, E_NOTCAPABLE);
    if (!error) closed(dir, "up/secret");
    closed(dir, "here/../secret");
    wasi_errno deep = path_symlink(PATH("../../../../../../etc/passwd"), dir, PATH("deep"));
    if (!deep) closed(dir, "deep");
  }
  // From the root as well.
  EITHER(path_symlink(PATH("../../etc"), ROOT, PATH("etc")), SUCCESS, E_PERM, E_NOTCAPABLE);
  if (type_of("etc") == TYPE_LINK) closed(ROOT, "etc/passwd");
  OK(fd_close(dir));
  return finish();
}
