/** Numbers of the witx: flags, rights, sizes of records. */

export const LOOKUP_SYMLINK_FOLLOW = 1;

export const FDFLAG_APPEND = 1;
export const FDFLAG_DSYNC = 2;
export const FDFLAG_RSYNC = 8;
export const FDFLAG_SYNC = 16;
export const FDFLAGS_ALL = 31;
export const FDFLAGS_SYNC = FDFLAG_DSYNC | FDFLAG_RSYNC | FDFLAG_SYNC;

export const FST_ATIM = 1;
export const FST_ATIM_NOW = 2;
export const FST_MTIM = 4;
export const FST_MTIM_NOW = 8;
export const FST_ALL = 15;

/** All rights fit in 30 bits, so they are plain numbers here and the upper word of the u64 is 0. */
export const RIGHT_FD_DATASYNC = 1;
export const RIGHT_FD_READ = 1 << 1;
export const RIGHT_FD_SEEK = 1 << 2;
export const RIGHT_FD_FDSTAT_SET_FLAGS = 1 << 3;
export const RIGHT_FD_SYNC = 1 << 4;
export const RIGHT_FD_TELL = 1 << 5;
export const RIGHT_FD_WRITE = 1 << 6;
export const RIGHT_FD_ADVISE = 1 << 7;
export const RIGHT_FD_ALLOCATE = 1 << 8;
export const RIGHT_PATH_CREATE_DIRECTORY = 1 << 9;
export const RIGHT_PATH_CREATE_FILE = 1 << 10;
export const RIGHT_PATH_LINK_SOURCE = 1 << 11;
export const RIGHT_PATH_LINK_TARGET = 1 << 12;
export const RIGHT_PATH_OPEN = 1 << 13;
export const RIGHT_FD_READDIR = 1 << 14;
export const RIGHT_PATH_READLINK = 1 << 15;
export const RIGHT_PATH_RENAME_SOURCE = 1 << 16;
export const RIGHT_PATH_RENAME_TARGET = 1 << 17;
export const RIGHT_PATH_FILESTAT_GET = 1 << 18;
export const RIGHT_PATH_FILESTAT_SET_SIZE = 1 << 19;
export const RIGHT_PATH_FILESTAT_SET_TIMES = 1 << 20;
export const RIGHT_FD_FILESTAT_GET = 1 << 21;
export const RIGHT_FD_FILESTAT_SET_SIZE = 1 << 22;
export const RIGHT_FD_FILESTAT_SET_TIMES = 1 << 23;
export const RIGHT_PATH_SYMLINK = 1 << 24;
export const RIGHT_PATH_REMOVE_DIRECTORY = 1 << 25;
export const RIGHT_PATH_UNLINK_FILE = 1 << 26;
export const RIGHT_POLL_FD_READWRITE = 1 << 27;
export const RIGHTS_ALL = (1 << 30) - 1;

/** What an open directory cannot do. */
export const RIGHTS_OF_FILES =
  RIGHT_FD_SEEK | RIGHT_FD_WRITE | RIGHT_PATH_FILESTAT_SET_SIZE | RIGHT_FD_FILESTAT_SET_SIZE;

/** What libraries expect of a preopened directory. */
export const RIGHTS_DIRECTORY =
  RIGHT_PATH_CREATE_DIRECTORY |
  RIGHT_PATH_CREATE_FILE |
  RIGHT_PATH_LINK_SOURCE |
  RIGHT_PATH_LINK_TARGET |
  RIGHT_PATH_OPEN |
  RIGHT_FD_READDIR |
  RIGHT_PATH_READLINK |
  RIGHT_PATH_RENAME_SOURCE |
  RIGHT_PATH_RENAME_TARGET |
  RIGHT_PATH_SYMLINK |
  RIGHT_PATH_REMOVE_DIRECTORY |
  RIGHT_PATH_UNLINK_FILE |
  RIGHT_PATH_FILESTAT_GET |
  RIGHT_PATH_FILESTAT_SET_TIMES |
  RIGHT_FD_FILESTAT_GET |
  RIGHT_FD_FILESTAT_SET_TIMES;

/** What may be opened through a preopened directory. */
export const RIGHTS_INHERITING =
  RIGHTS_DIRECTORY |
  RIGHT_FD_DATASYNC |
  RIGHT_FD_READ |
  RIGHT_FD_SEEK |
  RIGHT_FD_FDSTAT_SET_FLAGS |
  RIGHT_FD_SYNC |
  RIGHT_FD_TELL |
  RIGHT_FD_WRITE |
  RIGHT_FD_ADVISE |
  RIGHT_FD_ALLOCATE |
  RIGHT_FD_FILESTAT_SET_SIZE |
  RIGHT_POLL_FD_READWRITE;

export const IOVEC_BYTES = 8;
export const FDSTAT_BYTES = 24;
export const DIRENT_BYTES = 24;
export const PRESTAT_BYTES = 8;
export const EVENT_BYTES = 32;
