/** Every pointer of every host function at the ends of the memory, at first and after it has grown. */
import { describe, expect, test } from "vitest";
import { EFAULT } from "../../../src/fs/errno.js";
import { preview1Functions } from "../../../src/wasi/preview1/function-types.js";
import { ArrayInput, ROOT, TestGuest } from "../../wasi/test-guest.js";

const PAGE = 65_536;
/** Where what a call reads lies at first. */
const PATH = 1000;
const OTHER_PATH = 1100;
const LIST = 1200;
const SUBSCRIPTION = 1300;
const BUFFER = 2000;
/** Where answers go. */
const OUT = 3000;
const OUT2 = 4000;

/** A call that succeeds, and what its pointers point to: the argument's number, and how many bytes. */
interface Case {
  readonly args: (guest: TestGuest, fd: number) => readonly (number | bigint)[];
  readonly reads?: readonly (readonly [argument: number, bytes: number])[];
  readonly writes?: readonly (readonly [argument: number, bytes: number])[];
}

const path = (argument: number) => [argument, 1] as const;

const cases: Readonly<Record<string, Case>> = {
  args_get: {
    args: () => [OUT, OUT2],
    writes: [
      [0, 8],
      [1, 8],
    ],
  },
  args_sizes_get: {
    args: () => [OUT, OUT2],
    writes: [
      [0, 4],
      [1, 4],
    ],
  },
  clock_res_get: { args: () => [0, OUT], writes: [[1, 8]] },
  clock_time_get: { args: () => [0, 0n, OUT], writes: [[2, 8]] },
  environ_get: {
    args: () => [OUT, OUT2],
    writes: [
      [0, 8],
      [1, 15],
    ],
  },
  environ_sizes_get: {
    args: () => [OUT, OUT2],
    writes: [
      [0, 4],
      [1, 4],
    ],
  },
  fd_fdstat_get: { args: (_, fd) => [fd, OUT], writes: [[1, 24]] },
  fd_filestat_get: { args: (_, fd) => [fd, OUT], writes: [[1, 64]] },
  fd_pread: { args: (_, fd) => [fd, LIST, 1, 0n, OUT], reads: [[1, 8]], writes: [[4, 4]] },
  fd_prestat_dir_name: { args: () => [ROOT, OUT, 1], writes: [[1, 1]] },
  fd_prestat_get: { args: () => [ROOT, OUT], writes: [[1, 8]] },
  fd_pwrite: { args: (_, fd) => [fd, LIST, 1, 0n, OUT], reads: [[1, 8]], writes: [[4, 4]] },
  fd_read: { args: (_, fd) => [fd, LIST, 1, OUT], reads: [[1, 8]], writes: [[3, 4]] },
  fd_readdir: {
    args: () => [ROOT, OUT2, 64, 0n, OUT],
    writes: [
      [1, 64],
      [4, 4],
    ],
  },
  fd_seek: { args: (_, fd) => [fd, 0n, 0, OUT], writes: [[3, 8]] },
  fd_tell: { args: (_, fd) => [fd, OUT], writes: [[1, 8]] },
  fd_write: { args: (_, fd) => [fd, LIST, 1, OUT], reads: [[1, 8]], writes: [[3, 4]] },
  path_create_directory: { args: () => [ROOT, OTHER_PATH, 1], reads: [path(1)] },
  path_filestat_get: { args: () => [ROOT, 0, PATH, 1, OUT], reads: [path(2)], writes: [[4, 64]] },
  path_filestat_set_times: { args: () => [ROOT, 0, PATH, 1, 1n, 1n, 5], reads: [path(2)] },
  path_link: {
    args: () => [ROOT, 0, PATH, 1, ROOT, OTHER_PATH, 1],
    reads: [path(2), path(5)],
  },
  path_open: {
    args: () => [ROOT, 0, PATH, 1, 0, 2n, 0n, 0, OUT],
    reads: [path(2)],
    writes: [[8, 4]],
  },
  path_readlink: {
    args: (guest) => {
      guest.put("l", PATH);
      return [ROOT, PATH, 1, OUT2, 1, OUT];
    },
    reads: [path(1)],
    writes: [
      [3, 1],
      [5, 4],
    ],
  },
  path_remove_directory: {
    args: (guest) => {
      guest.put("d", PATH);
      return [ROOT, PATH, 1];
    },
    reads: [path(1)],
  },
  path_rename: { args: () => [ROOT, PATH, 1, ROOT, OTHER_PATH, 1], reads: [path(1), path(4)] },
  path_symlink: { args: () => [PATH, 1, ROOT, OTHER_PATH, 1], reads: [path(0), path(3)] },
  path_unlink_file: { args: () => [ROOT, PATH, 1], reads: [path(1)] },
  poll_oneoff: {
    args: () => [SUBSCRIPTION, OUT2, 1, OUT],
    reads: [[0, 48]],
    writes: [
      [1, 32],
      [3, 4],
    ],
  },
  random_get: { args: () => [OUT, 16], writes: [[0, 16]] },
};

/** Functions without pointers, and those of sockets, which no guest has. */
const WITHOUT = new Set([
  ...["fd_advise", "fd_allocate", "fd_close", "fd_datasync", "fd_fdstat_set_flags"],
  ...["fd_fdstat_set_rights", "fd_filestat_set_size", "fd_filestat_set_times", "fd_renumber"],
  ...["fd_sync", "proc_exit", "proc_raise", "sched_yield"],
  ...["sock_accept", "sock_recv", "sock_send", "sock_shutdown"],
]);

test("no function with pointers is left out", () => {
  const all = [...preview1Functions.keys()].filter((name) => !WITHOUT.has(name));
  expect(Object.keys(cases).sort()).toEqual(all.sort());
});

/** A guest with a file `f`, a link `l` and a directory `d`, and what the calls read in its memory. */
function prepare(): { guest: TestGuest; fd: number } {
  const guest = new TestGuest({}, new ArrayInput("input"));
  guest.file("f", "0123456789");
  guest.directory("d");
  guest.wasi.path_symlink(...guest.put("f"), ROOT, ...guest.put("l", BUFFER));
  const fd = guest.open("f");
  guest.put("f", PATH);
  guest.put("n", OTHER_PATH);
  guest.vectors([[BUFFER, 4]], LIST);
  // A subscription to a clock that is due at once.
  guest.bytes.fill(0, SUBSCRIPTION, SUBSCRIPTION + 48);
  return { guest, fd };
}

/** Calls with one pointer elsewhere; what it reads is moved there if there is room. */
function attempt(name: string, argument: number, bytes: number, at: number, grown: boolean) {
  const { guest, fd } = prepare();
  const args = [...(cases[name]?.args(guest, fd) ?? [])];
  const from = Number(args[argument]);
  // As wasm hands it over: signed.
  args[argument] = at | 0;
  if (grown) guest.memory.grow(1);
  const end = guest.memory.buffer.byteLength;
  if (at + bytes <= end) guest.bytes.copyWithin(at, from, from + bytes);
  const before = guest.bytes.slice();
  const call = Object.entries(guest.wasi).find(([key]) => key === name)?.[1];
  const errno: unknown = call?.(...args);
  const same = Buffer.compare(before, guest.bytes) === 0;
  guest.preview1.end();
  return { errno, same };
}

const pointers = Object.entries(cases).flatMap(([name, { reads = [], writes = [] }]) =>
  [...reads, ...writes].map(([argument, bytes]) => [name, argument, bytes] as const),
);

describe.each([false, true])("memory that has grown: %s", (grown) => {
  const end = PAGE * (grown ? 2 : 1);

  test.each(pointers)("%s, argument %i: its %i bytes end with the memory", (name, at, bytes) => {
    expect(attempt(name, at, bytes, end - bytes, grown).errno).toBe(0);
  });

  test.each(pointers)("%s, argument %i: one of its %i bytes lies outside", (name, at, bytes) => {
    const outside = [
      ...[end - bytes + 1, end, end + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1],
      ...[2 ** 32 - bytes, 2 ** 32 - 1],
    ];
    for (const address of outside) {
      const { errno, same } = attempt(name, at, bytes, address, grown);
      expect({ address, errno, same }).toEqual({ address, errno: EFAULT, same: true });
    }
  });
});

describe("lists of buffers", () => {
  const wrap = (first: readonly [number, number], count = 1): unknown => {
    const { guest, fd } = prepare();
    const [list] = guest.vectors([first, [BUFFER, 1]], LIST);
    return guest.wasi.fd_read(fd, list, count, OUT);
  };

  test.each<[string, readonly [number, number], number]>([
    ["a length that leads out", [BUFFER, PAGE], EFAULT],
    ["a length that wraps around", [BUFFER, 2 ** 32 - BUFFER], EFAULT],
    ["a length of 2^32 - 1", [0, 2 ** 32 - 1], EFAULT],
    ["an address of 2^32 - 1", [2 ** 32 - 1, 1], EFAULT],
    ["no bytes behind the end", [PAGE + 1, 0], EFAULT],
    ["no bytes at the end", [PAGE, 0], 0],
    ["all of the memory", [0, PAGE], 0],
  ])("%s", (_, buffer, errno) => {
    expect(wrap(buffer)).toBe(errno);
  });

  test("counts that wrap around when they are multiplied", () => {
    for (const count of [2 ** 29, 2 ** 29 + 1, 2 ** 31, 2 ** 32 - 1]) {
      expect([28, EFAULT]).toContain(wrap([BUFFER, 1], count | 0));
    }
  });

  test.each([0, 1])(
    "a read over its own list finds no address that was not checked: %i",
    (input) => {
      const wild = new Uint8Array(new Uint32Array([2 ** 32 - 16, 100]).buffer);
      const text = Buffer.concat([wild, Buffer.alloc(92, "x")]).toString("latin1");
      const guest = new TestGuest({}, new ArrayInput(text));
      const fd = input === 0 ? 0 : guest.open("w", { oflags: 1 });
      if (fd !== 0) {
        const [list, count] = guest.vectors([
          guest.put(Buffer.concat([wild, Buffer.alloc(92)]), BUFFER),
        ]);
        expect(guest.wasi.fd_pwrite(fd, list, count, 0n, OUT)).toBe(0);
      }
      // The first buffer is the list's own second entry, which then points out of the memory.
      const [list, count] = guest.vectors(
        [
          [LIST + 8, 8],
          [BUFFER, 50],
        ],
        LIST,
      );
      expect(guest.wasi.fd_read(fd, list, count, OUT)).toBeTypeOf("number");
      expect(guest.u32(OUT)).toBeLessThanOrEqual(100);
      guest.preview1.end();
    },
  );

  test("a write whose buffers overlap each other writes each of them", () => {
    const { guest, fd } = prepare();
    guest.put("abcdef", BUFFER);
    const [list, count] = guest.vectors(
      [
        [BUFFER, 4],
        [BUFFER + 2, 4],
        [BUFFER, 2],
      ],
      LIST,
    );
    expect(guest.wasi.fd_pwrite(fd, list, count, 0n, OUT)).toBe(0);
    expect(guest.u32(OUT)).toBe(10);
    const other = guest.open("f");
    expect(guest.read(other)).toBe("abcdcdefab");
  });
});

describe("calls over nothing, at any address, after the memory has grown", () => {
  test.each([0, 1, PAGE, 2 * PAGE])("at %i", (at) => {
    const { guest } = prepare();
    guest.memory.grow(1);
    expect(guest.wasi.random_get(at, 0)).toBe(0);
    expect(guest.wasi.fd_prestat_dir_name(ROOT, at, 0)).toBeTypeOf("number");
    expect(guest.wasi.path_readlink(ROOT, ...guest.put("l", PATH), at, 0, OUT)).toBe(0);
    const empty = new TestGuest({ args: [], env: [] });
    empty.memory.grow(1);
    expect(empty.wasi.environ_get(at, at)).toBe(0);
    empty.memory.grow(1);
    expect(empty.wasi.args_get(at, at)).toBe(0);
    empty.preview1.end();
    guest.preview1.end();
  });
});

describe("descriptors that are none", () => {
  const odd = [-1, -2, 2 ** 31 - 1, -(2 ** 31), 1_000_000, 12];
  const withDescriptor = [...preview1Functions].filter(([name]) =>
    /^(?:fd_(?!prestat|renumber)|path_(?!symlink)|sock_)/.test(name),
  );

  test.each(withDescriptor.map(([name, { params }]) => [name, params] as const))(
    "%s",
    (name, params) => {
      const { guest } = prepare();
      const call = Object.entries(guest.wasi).find(([key]) => key === name)?.[1];
      for (const fd of odd) {
        const rest = params.slice(1).map((type) => (type === "i64" ? 0n : 0));
        const errno = Number(call?.(fd, ...rest));
        // EBADF, or what is wrong with the other arguments.
        expect([8, 28, 44]).toContain(errno);
      }
      guest.preview1.end();
    },
  );
});

test("a host call never calls the guest: none of its arguments or answers is a function", () => {
  for (const { params, results } of preview1Functions.values()) {
    expect([...params, ...results].every((type) => type === "i32" || type === "i64")).toBe(true);
  }
});
