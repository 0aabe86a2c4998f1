import { HTTP_PARAMS } from "../wasi/http-module/function-types.js";
import type { FunctionName } from "../wasi/preview1/function-types.js";

/** A grant that an import could make use of. */
export type GrantUse =
  | "args"
  | "env"
  | "fs"
  | "clock"
  | "random"
  | "stdio"
  | "sockets"
  | "http"
  | "config"
  | "keyvalue"
  | "logging";

/** All of them, in the order in which they are listed. */
export const GRANT_USES: readonly GrantUse[] = [
  "args",
  "env",
  "fs",
  "clock",
  "random",
  "stdio",
  "sockets",
  "http",
  "config",
  "keyvalue",
  "logging",
];

const NONE: readonly GrantUse[] = [];
const FS: readonly GrantUse[] = ["fs"];
const SOCKETS: readonly GrantUse[] = ["sockets"];

/**
 * By function of preview 1. A descriptor comes from somewhere: a program that only has those of its streams
 * can do nothing to files, so `fd_write` is a use of streams, and what opens or finds files is one of `fs`.
 */
const PREVIEW1 = {
  args_get: ["args"],
  args_sizes_get: ["args"],
  clock_res_get: ["clock"],
  clock_time_get: ["clock"],
  environ_get: ["env"],
  environ_sizes_get: ["env"],
  fd_advise: NONE,
  fd_allocate: FS,
  fd_close: NONE,
  fd_datasync: NONE,
  fd_fdstat_get: NONE,
  fd_fdstat_set_flags: NONE,
  fd_fdstat_set_rights: NONE,
  fd_filestat_get: NONE,
  fd_filestat_set_size: FS,
  fd_filestat_set_times: FS,
  fd_pread: FS,
  fd_prestat_dir_name: FS,
  fd_prestat_get: FS,
  fd_pwrite: FS,
  fd_read: ["stdio"],
  fd_readdir: FS,
  fd_renumber: NONE,
  fd_seek: NONE,
  fd_sync: NONE,
  fd_tell: NONE,
  fd_write: ["stdio"],
  path_create_directory: FS,
  path_filestat_get: FS,
  path_filestat_set_times: FS,
  path_link: FS,
  path_open: FS,
  path_readlink: FS,
  path_remove_directory: FS,
  path_rename: FS,
  path_symlink: FS,
  path_unlink_file: FS,
  poll_oneoff: ["clock", "stdio"],
  proc_exit: NONE,
  proc_raise: NONE,
  random_get: ["random"],
  sched_yield: NONE,
  sock_accept: SOCKETS,
  sock_recv: SOCKETS,
  sock_send: SOCKETS,
  sock_shutdown: SOCKETS,
} as const satisfies Record<FunctionName, readonly GrantUse[]>;

const BY_FUNCTION: ReadonlyMap<string, readonly GrantUse[]> = new Map([
  ...Object.entries(PREVIEW1),
  ...Object.keys(HTTP_PARAMS).map((name): [string, readonly GrantUse[]] => [name, ["http"]]),
]);

/** By package and interface of WASI 0.2 and 0.3; the first that fits. */
const BY_INTERFACE: readonly (readonly [pattern: RegExp, uses: readonly GrantUse[]])[] = [
  [/^wasi:cli\/environment@/, ["args", "env"]],
  [/^wasi:cli\/(?:stdin|stdout|stderr|terminal-\w+)@/, ["stdio"]],
  [/^wasi:filesystem\//, ["fs"]],
  [/^wasi:clocks\//, ["clock"]],
  [/^wasi:random\//, ["random"]],
  [/^wasi:sockets\//, ["sockets"]],
  // Its types are also those of requests that come in.
  [/^wasi:http\/outgoing-handler@/, ["http"]],
  [/^wasi:config\//, ["config"]],
  [/^wasi:keyvalue\//, ["keyvalue"]],
  [/^wasi:logging\//, ["logging"]],
];

/** Of a function that preview 1 or our module of HTTP has. */
export function usesOfFunction(name: string): readonly GrantUse[] {
  return BY_FUNCTION.get(name) ?? NONE;
}

/** Of an interface that a component imports. */
export function usesOfInterface(name: string): readonly GrantUse[] {
  return BY_INTERFACE.find(([pattern]) => pattern.test(name))?.[1] ?? NONE;
}
