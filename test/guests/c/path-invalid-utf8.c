#include "check.h"

// Paths are strings, so bytes that are no UTF-8 are refused before anything is looked up.
int main(void) {
  static const char *wrong[] = {"\xff", "a\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "d/\xfe/x"};
  wasi_filestat stat;
  char buffer[16];
  uint32_t used;
  make_file("f", "x");
  for (int i = 0; i < 7; i++) {
    EQUAL(try_open(ROOT, 0, wrong[i], O_CREATE, RIGHT_WRITE), E_ILSEQ);
    EQUAL(path_filestat_get(ROOT, 0, PATH(wrong[i]), &stat), E_ILSEQ);
    EQUAL(path_create_directory(ROOT, PATH(wrong[i])), E_ILSEQ);
    EQUAL(path_remove_directory(ROOT, PATH(wrong[i])), E_ILSEQ);
    EQUAL(path_unlink_file(ROOT, PATH(wrong[i])), E_ILSEQ);
    EQUAL(path_readlink(ROOT, PATH(wrong[i]), buffer, 16, &used), E_ILSEQ);
    EQUAL(path_symlink(PATH(wrong[i]), ROOT, PATH("l")), E_ILSEQ);
    EQUAL(path_symlink(PATH("f"), ROOT, PATH(wrong[i])), E_ILSEQ);
    EQUAL(path_rename(ROOT, PATH("f"), ROOT, PATH(wrong[i])), E_ILSEQ);
    EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, PATH(wrong[i])), E_ILSEQ);
    EQUAL(path_filestat_set_times(ROOT, 0, PATH(wrong[i]), 0, 0, SET_ATIME), E_ILSEQ);
  }
  return finish();
}
