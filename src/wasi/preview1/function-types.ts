import { HTTP_MODULE, HTTP_PARAMS } from "../http-module/function-types.js";

/** What the two preview 1 modules provide, by name and type. */
export type ValueType = "i32" | "i64";

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** One letter a parameter: i for i32, I for i64. All but `proc_exit` answer an errno. */
const PARAMS = {
  args_get: "ii",
  args_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  environ_get: "ii",
  environ_sizes_get: "ii",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_dir_name: "iii",
  fd_prestat_get: "ii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
} as const;

export type FunctionName = keyof typeof PARAMS;

function toType(name: string, letters: string): FunctionType {
  const params = Array.from(letters, (letter): ValueType => (letter === "I" ? "i64" : "i32"));
  return { params, results: name === "proc_exit" ? [] : ["i32"] };
}

/** The 46 functions of `wasi_snapshot_preview1`. */
export const preview1Functions: ReadonlyMap<string, FunctionType> = new Map(
  Object.entries(PARAMS).map(([name, letters]) => [name, toType(name, letters)]),
);

/** The 45 functions of `wasi_unstable` (snapshot 0), which has no `sock_accept`. */
export const unstableFunctions: ReadonlyMap<string, FunctionType> = new Map(
  [...preview1Functions].filter(([name]) => name !== "sock_accept"),
);

/** Of our own module for programs of preview 1. */
export const httpModuleFunctions: ReadonlyMap<string, FunctionType> = new Map(
  Object.entries(HTTP_PARAMS).map(([name, letters]) => [name, toType(name, letters)]),
);

/** Functions by the module that a guest imports them from. */
export const preview1Modules: ReadonlyMap<string, ReadonlyMap<string, FunctionType>> = new Map([
  ["wasi_snapshot_preview1", preview1Functions],
  ["wasi_unstable", unstableFunctions],
  [HTTP_MODULE, httpModuleFunctions],
]);
