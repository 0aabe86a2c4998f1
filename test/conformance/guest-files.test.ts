import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { guestCases, GUESTS, LANGUAGES } from "./guest-case.js";

/** The functions of wasi_snapshot_preview1. */
const FUNCTIONS = `
  args_get args_sizes_get environ_get environ_sizes_get clock_res_get clock_time_get
  fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights
  fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_get fd_prestat_dir_name
  fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell fd_write
  path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink
  path_remove_directory path_rename path_symlink path_unlink_file
  poll_oneoff proc_exit proc_raise sched_yield random_get sock_accept sock_recv sock_send sock_shutdown`
  .trim()
  .split(/\s+/);

const FOLDERS = [
  ...Object.entries(LANGUAGES).map(([folder, extension]) => ({ folder, extension })),
  { folder: "c/tools", extension: LANGUAGES.c },
  { folder: "rust/tools", extension: LANGUAGES.rust },
];

function namesIn(folder: string, extension: string): string[] {
  return readdirSync(join(GUESTS, folder))
    .filter((file) => extname(file) === extension)
    .map((file) => file.slice(0, -extension.length))
    .sort();
}

describe("the guests' files", () => {
  it.each(FOLDERS)("$folder: each source has its module and each module its source", (place) => {
    expect(namesIn(place.folder, ".wasm")).toEqual(namesIn(place.folder, place.extension));
  });

  it("are each one case", () => {
    const expected = Object.entries(LANGUAGES).flatMap(([language]) =>
      namesIn(language, ".wasm").map((name) => `${language}/${name}`),
    );
    expect(
      guestCases()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(expected.sort());
  });

  it("call all 46 functions of wasi_snapshot_preview1", () => {
    expect(FUNCTIONS).toHaveLength(46);
    const called = new Set<string>();
    for (const { wasm } of guestCases()) {
      for (const { module, name } of WebAssembly.Module.imports(
        new WebAssembly.Module(readFileSync(wasm)),
      )) {
        if (module === "wasi_snapshot_preview1") called.add(name);
      }
    }
    expect([...called].sort()).toEqual([...FUNCTIONS].sort());
  });
});
