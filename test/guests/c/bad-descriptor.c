#include "check.h"

static void check(uint32_t fd) {
  char buffer[64];
  wasi_iovec part = {buffer, sizeof buffer};
  uint32_t count;
  uint16_t flags;
  uint64_t position;
  wasi_fdstat fdstat;
  wasi_filestat filestat;
  wasi_prestat prestat;
  EQUAL(fd_advise(fd, 0, 0, 0), E_BADF);
  EQUAL(fd_allocate(fd, 0, 1), E_BADF);
  EQUAL(fd_close(fd), E_BADF);
  EQUAL(fd_datasync(fd), E_BADF);
  EQUAL(fd_fdstat_get(fd, &fdstat), E_BADF);
  EQUAL(fd_fdstat_set_flags(fd, 0), E_BADF);
  EQUAL(fd_fdstat_set_rights(fd, 0, 0), E_BADF);
  EQUAL(fd_filestat_get(fd, &filestat), E_BADF);
  EQUAL(fd_filestat_set_size(fd, 0), E_BADF);
  EQUAL(fd_filestat_set_times(fd, 0, 0, 0), E_BADF);
  EQUAL(fd_pread(fd, &part, 1, 0, &count), E_BADF);
  EQUAL(fd_prestat_get(fd, &prestat), E_BADF);
  EQUAL(fd_prestat_dir_name(fd, buffer, sizeof buffer), E_BADF);
  EQUAL(fd_pwrite(fd, &part, 1, 0, &count), E_BADF);
  EQUAL(fd_read(fd, &part, 1, &count), E_BADF);
  EQUAL(fd_readdir(fd, buffer, sizeof buffer, 0, &count), E_BADF);
  EQUAL(fd_renumber(fd, ROOT), E_BADF);
  EQUAL(fd_renumber(ROOT, fd), E_BADF);
  EQUAL(fd_renumber(fd, fd), E_BADF);
  EQUAL(fd_seek(fd, 0, FROM_START, &position), E_BADF);
  EQUAL(fd_sync(fd), E_BADF);
  EQUAL(fd_tell(fd, &position), E_BADF);
  EQUAL(fd_write(fd, &part, 1, &count), E_BADF);
  EQUAL(path_create_directory(fd, PATH("d")), E_BADF);
  EQUAL(path_filestat_get(fd, 0, PATH("d"), &filestat), E_BADF);
  EQUAL(path_filestat_set_times(fd, 0, PATH("d"), 0, 0, 0), E_BADF);
  EQUAL(path_link(fd, 0, PATH("d"), ROOT, PATH("e")), E_BADF);
  EQUAL(path_link(ROOT, 0, PATH("d"), fd, PATH("e")), E_BADF);
  EQUAL(path_open(fd, 0, PATH("d"), 0, 0, 0, 0, &count), E_BADF);
  EQUAL(path_readlink(fd, PATH("d"), buffer, sizeof buffer, &count), E_BADF);
  EQUAL(path_remove_directory(fd, PATH("d")), E_BADF);
  EQUAL(path_rename(fd, PATH("d"), ROOT, PATH("e")), E_BADF);
  EQUAL(path_rename(ROOT, PATH("d"), fd, PATH("e")), E_BADF);
  EQUAL(path_symlink(PATH("d"), fd, PATH("e")), E_BADF);
  EQUAL(path_unlink_file(fd, PATH("d")), E_BADF);
  EQUAL(sock_accept(fd, 0, &count), E_BADF);
  EQUAL(sock_recv(fd, &part, 1, 0, &count, &flags), E_BADF);
  EQUAL(sock_send(fd, &part, 1, 0, &count), E_BADF);
  EQUAL(sock_shutdown(fd, 1), E_BADF);
}

int main(void) {
  check(77);
  check(0x7fffffff);
  check(0x80000000u);
  check(0xffffffffu);
  uint32_t fd = OPEN("file", O_CREATE);
  NEED(fd_close(fd));
  check(fd);
  return finish();
}
