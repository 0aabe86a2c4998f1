// Names that mean something somewhere: to C, to Windows, to a decoder of UTF-8, to a filesystem that folds
// cases. Each is refused, or is the name of one file in the directory and nothing else.
#include "check.h"

#define BYTES(text) (text), (uint32_t)(sizeof(text) - 1)
#define RW (RIGHT_READ | RIGHT_WRITE)

/** One name, tried with every function that takes a path; all must say the same. */
static void refused(int line, const char *name, uint32_t length, wasi_errno first, wasi_errno second) {
  uint32_t fd, used;
  char text[8];
  wasi_filestat stat;
  const wasi_errno answers[] = {
      path_open(ROOT, 0, name, length, O_CREATE, RW, 0, 0, &fd),
      path_open(ROOT, FOLLOW, name, length, 0, RIGHT_READ, 0, 0, &fd),
      path_filestat_get(ROOT, FOLLOW, name, length, &stat),
      path_filestat_set_times(ROOT, 0, name, length, 1, 2, SET_ATIME | SET_MTIME),
      path_create_directory(ROOT, name, length),
      path_remove_directory(ROOT, name, length),
      path_unlink_file(ROOT, name, length),
      path_readlink(ROOT, name, length, text, sizeof text, &used),
      path_rename(ROOT, name, length, ROOT, BYTES("other")),
      path_rename(ROOT, BYTES("kept"), ROOT, name, length),
      path_link(ROOT, 0, name, length, ROOT, BYTES("other")),
      path_link(ROOT, 0, BYTES("kept"), ROOT, name, length),
      path_symlink(BYTES("x"), ROOT, name, length),
  };
  for (uint32_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    if (answers[i] == first || answers[i] == second) continue;
    say("function ");
    say_number(i);
    differs(line, " of a name that must be refused", answers[i], "another errno");
    say_number(first);
  }
}
#define REFUSED(name, error) refused(__LINE__, BYTES(name), error, error)

/** A name that is a file's like any other; returns a digit that it then holds. */
static void is_a_name(int line, const char *name, uint32_t length) {
  static uint8_t digit = '0';
  uint32_t fd = 0, count = 0;
  wasi_errno error = path_open(ROOT, 0, name, length, O_CREATE | O_EXCLUSIVE, RW, 0, 0, &fd);
  if (error) {
    differs(line, "open of a plain name", error, "0");
    return;
  }
  digit++;
  wasi_iovec part = {&digit, 1};
  OK(fd_write(fd, &part, 1, &count));
  OK(fd_close(fd));
  OK(path_open(ROOT, 0, name, length, 0, RIGHT_READ, 0, 0, &fd));
  uint8_t read = 0;
  wasi_iovec into = {&read, 1};
  OK(fd_read(fd, &into, 1, &count));
  if (read != digit) differs(line, "content of a plain name", read, "what was just written");
  OK(fd_close(fd));
}
#define NAME(name) is_a_name(__LINE__, BYTES(name))

int main(void) {
  static char large[5000];
  write_text(OPEN("kept", O_CREATE), "kept");

  // A NUL ends no name: the rest would be lost on the way to the host.
  REFUSED("nul\0", E_INVAL);
  REFUSED("\0", E_INVAL);
  REFUSED("kept\0.png", E_INVAL);
  REFUSED("..\0", E_INVAL);
  // Not UTF-8: lone surrogates, "/" and ".." in too many bytes, a byte of no meaning, an end that is missing.
  REFUSED("\xed\xa0\x80", E_ILSEQ);
  REFUSED("\xed\xbf\xbfx", E_ILSEQ);
  REFUSED("\xc0\xae\xc0\xae/outside", E_ILSEQ);
  REFUSED("..\xc0\xafoutside", E_ILSEQ);
  REFUSED("\xe0\x80\xaf", E_ILSEQ);
  REFUSED("a\xff" "b", E_ILSEQ);
  REFUSED("a\xfe" "b", E_ILSEQ);
  REFUSED("x\xe2\x82", E_ILSEQ);
  REFUSED("\xf4\x90\x80\x80", E_ILSEQ);
  // Too long: in bytes, whatever the characters are.
  for (uint32_t i = 0; i < sizeof large; i++) large[i] = 'n';
  refused(__LINE__, large, 256, E_NAMETOOLONG, E_NAMETOOLONG);
  refused(__LINE__, large, 4096, E_NAMETOOLONG, E_NAMETOOLONG);
  refused(__LINE__, large, 5000, E_NAMETOOLONG, E_NAMETOOLONG);
  is_a_name(__LINE__, large, 255);
  for (uint32_t i = 0; i + 3 <= 258; i += 3) memcpy(large + i, "\xe2\x82\xac", 3);
  refused(__LINE__, large, 258, E_NAMETOOLONG, E_NAMETOOLONG);
  is_a_name(__LINE__, large, 255);
  // What other systems take for more than a name.
  NAME("back\\slash");
  NAME("..\\outside");
  NAME("\\");
  NAME("C:");
  NAME("C:\\file");
  NAME("file:stream");
  NAME("con");
  NAME("NUL");
  NAME("dot.");
  NAME("blank ");
  NAME(" ");
  NAME("\n");
  NAME("\x1b[2J");
  NAME("*");
  NAME("~");
  NAME("-rf");
  NAME("...");
  NAME(".. ");
  NAME(" ..");
  NAME("%2e%2e%2foutside");
  // What looks like "/" and ".." and is not.
  NAME("\xe2\x88\x95");
  NAME("\xef\xbc\x8f");
  NAME("\xef\xbc\x8e\xef\xbc\x8e");
  NAME("\xe2\x80\xa5");
  // Twins for one who folds cases or composes characters.
  NAME("Twin");
  NAME("TWIN");
  NAME("twin");
  NAME("\xc3\xa9");
  NAME("e\xcc\x81");
  NAME("\xef\xbf\xbd");
  NAME("\xef\xbb\xbf" "file");
  NAME("file");
  NAME("__proto__");
  NAME("constructor");
  NAME("\xf0\x9f\x90\xb3");
  return finish();
}
