#include "check.h"

// An absolute target cannot be kept inside; wasi hosts refuse to make such a link or to follow it.
int main(void) {
  wasi_errno error = path_symlink(PATH("/etc/passwd"), ROOT, PATH("link"));
  EITHER(error, SUCCESS, E_PERM, E_NOTCAPABLE);
  wasi_filestat stat;
  if (error == SUCCESS) {
    EQUAL(type_of("link"), TYPE_LINK);
    EITHER(path_filestat_get(ROOT, FOLLOW, PATH("link"), &stat), E_PERM, E_NOTCAPABLE, E_NOENT);
    EITHER(try_open(ROOT, FOLLOW, "link", 0, RIGHT_READ), E_PERM, E_NOTCAPABLE, E_NOENT);
  } else {
    EQUAL(type_of("link"), MISSING);
  }
  return finish();
}
