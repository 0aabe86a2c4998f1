/** Direct forms as a hostile guest calls them: allocators that lie, addresses, encodings and handles of any kind. */
import { describe, expect, it } from "vitest";
import type { DirectFunction, LowerOptions } from "../../../src/wasi/preview2/lowering.js";
import { beginComponent } from "./test-component.js";

const LOWER = Symbol.for("cabiLower");
const OWN = 1 << 30;
const trap = WebAssembly.RuntimeError;
type Flat = (...flat: (number | bigint)[]) => unknown;

/** Takes what is asked for, one after the other. */
function allocator(memory: WebAssembly.Memory) {
  let next = 1024;
  return (_old: number, _oldBytes: number, align: number, bytes: number): number => {
    const at = Math.ceil(next / align) * align;
    next = at + bytes;
    const missing = next - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
    return at;
  };
}

function begin(options: Partial<LowerOptions> = {}, stdin = "") {
  const component = beginComponent({}, stdin);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 64 });
  const allocate = allocator(memory);
  const direct = (form: unknown, ...resourceTables: number[][]): Flat => {
    const lower = Reflect.get(form as object, LOWER) as (given: LowerOptions) => DirectFunction;
    return lower({ memory, realloc: allocate, resourceTables, ...options }) as Flat;
  };
  const view = () => new DataView(memory.buffer);
  const put = (at: number, bytes: Uint8Array) => new Uint8Array(memory.buffer).set(bytes, at);
  const method = (prototype: object, name: string, ...tables: number[][]): Flat =>
    direct(Reflect.get(prototype, name), ...tables);
  return { ...component, memory, direct, method, view, put };
}

/** The handle of the first preopen, in its table. */
function beginFiles(options: Partial<LowerOptions> = {}) {
  const guest = begin(options);
  const descriptors = [0, 0];
  guest.direct(guest.imports["wasi:filesystem/preopens"].getDirectories, descriptors)(16);
  const root = guest.view().getUint32(guest.view().getUint32(16, true), true);
  const { prototype } = guest.imports["wasi:filesystem/types"].Descriptor;
  return { ...guest, descriptors, root, prototype };
}

describe("addresses", () => {
  it.each([
    ["out of the memory", 65_536],
    ["across its end", 65_536 - 96],
    ["at the end of all", 0xffff_fff8],
    ["negative", -8],
    ["not aligned", 20],
  ])("a result %s traps", (_, at) => {
    const { method, prototype, descriptors, root } = beginFiles();
    const stat = method(prototype, "stat", descriptors);
    expect(() => stat(root, at)).toThrow(trap);
    // Who has trapped once is over.
    expect(() => stat(root, 1024)).toThrow(trap);
  });

  it.each([
    [65_530, 10],
    [0, 0xffff_ffff],
    [0xffff_ffff, 2],
    [-1, -1],
  ])("a list at %d of %d bytes traps", (at, length) => {
    const { imports, direct, method } = begin();
    const outputs = [0, 0];
    const stdout = direct(imports["wasi:cli/stdout"].getStdout, outputs)();
    const { prototype } = imports["wasi:io/streams"].OutputStream;
    const write = method(prototype, "blockingWriteAndFlush", [0, 0], outputs);
    expect(() => write(Number(stdout), at, length, 16)).toThrow(trap);
  });

  it("an allocator that answers with an address out of the memory, or not aligned, traps", () => {
    for (const answer of [65_536, -1, 0xffff_fff0, 1026]) {
      const { imports, direct } = begin({ realloc: () => answer });
      const get = direct(imports["wasi:cli/environment"].getArguments);
      expect(() => get(16)).toThrow(trap);
    }
  });

  it("an allocator that calls the host traps", () => {
    const { imports, direct } = begin({
      realloc: () => Number(imports["wasi:random/random"].getRandomU64()),
    });
    const get = direct(imports["wasi:random/random"].getRandomBytes);
    expect(() => get(8n, 16)).toThrow(trap);
  });

  it("an allocator may grow the memory in the middle of a call", () => {
    const { imports, direct, memory, view } = begin();
    const get = direct(imports["wasi:random/random"].getRandomBytes);
    get(200_000n, 16);
    expect(memory.buffer.byteLength).toBeGreaterThan(200_000);
    const at = view().getUint32(16, true);
    expect(view().getUint32(20, true)).toBe(200_000);
    expect(new Uint8Array(memory.buffer, at, 200_000).some((byte) => byte !== 0)).toBe(true);
  });
});

describe("handles", () => {
  it.each([0, 2, 77, -1, 0x7fff_ffff])("%d, which was never given, traps", (handle) => {
    const { method, prototype, descriptors } = beginFiles();
    expect(() => method(prototype, "stat", descriptors)(handle, 1024)).toThrow(trap);
  });

  it("of another type trap, also where two types share a function", () => {
    const { imports, direct, method } = begin();
    const [inputs, outputs] = [
      [0, 0],
      [0, 0],
    ];
    const stdin = Number(direct(imports["wasi:cli/stdin"].getStdin, inputs)());
    direct(imports["wasi:cli/stdout"].getStdout, outputs)();
    const { prototype } = imports["wasi:io/streams"].OutputStream;
    const write = method(prototype, "blockingWriteAndFlush", [0, 0], inputs);
    expect(() => write(stdin, 0, 1, 16)).toThrow(trap);
  });

  it("are found in whatever order a component declares its types", () => {
    const { imports, direct, method, stdio, put } = begin({}, "spliced");
    const [errors, inputs, outputs] = [
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    const stdin = Number(direct(imports["wasi:cli/stdin"].getStdin, inputs)());
    const stdout = Number(direct(imports["wasi:cli/stdout"].getStdout, outputs)());
    put(64, new TextEncoder().encode("x"));
    const { prototype } = imports["wasi:io/streams"].OutputStream;
    const splice = method(prototype, "splice", outputs, errors, inputs);
    splice(stdout, stdin, 100n, 16);
    expect(stdio.stdout.text()).toBe("spliced");
  });

  it("are the guest's to write in no table: what it owns is dropped by their number alone", () => {
    const { method, prototype, descriptors, root } = beginFiles();
    // As after a drop: the place is free.
    descriptors[root * 2] = OWN;
    expect(() => method(prototype, "stat", descriptors)(root, 1024)).toThrow(trap);
  });
});

describe("texts", () => {
  const open = (encoding: string, path: Uint8Array, length: number) => {
    const guest = beginFiles({ stringEncoding: encoding });
    guest.put(512, path);
    const openAt = guest.method(guest.prototype, "openAt", guest.descriptors);
    openAt(guest.root, 0, 512, length, 1, 3, 800);
    return { ...guest, failed: guest.view().getUint8(800), code: guest.view().getUint8(804) };
  };

  it.each([
    ["utf8", new TextEncoder().encode("ä€"), 5],
    ["utf16", Buffer.from("ä€", "utf16le"), 2],
    ["latin1+utf16", Buffer.from("ä€", "utf16le"), 0x8000_0002 | 0],
  ])("a path in %s", (encoding, path, length) => {
    const { failed, imports } = open(encoding, path, length);
    expect(failed).toBe(0);
    const [preopen] = imports["wasi:filesystem/preopens"].getDirectories();
    expect(preopen?.[0].statAt({}, "ä€").type).toBe("regular-file");
  });

  it("a path in latin1", () => {
    const { failed, imports } = open("latin1+utf16", Buffer.from("ä", "latin1"), 1);
    expect(failed).toBe(0);
    const [preopen] = imports["wasi:filesystem/preopens"].getDirectories();
    expect(preopen?.[0].statAt({}, "ä").type).toBe("regular-file");
  });

  it.each([
    ["utf8", Uint8Array.of(0xc3), 1],
    ["utf8", Uint8Array.of(0xed, 0xa0, 0x80), 3],
    ["utf16", Uint8Array.of(0x00, 0xd8), 1],
  ])("what is no %s traps", (encoding, path, length) => {
    expect(() => open(encoding, path, length)).toThrow(trap);
  });

  it.each([
    ["utf8", 70_000],
    ["utf16", 40_000],
    ["latin1+utf16", 0xffff_ffff | 0],
  ])("a path in %s that is longer than the memory traps", (encoding, length) => {
    expect(() => open(encoding, Uint8Array.of(120), length)).toThrow(trap);
  });

  it("arguments are given in the encoding that is asked for", () => {
    const { imports, direct, view, memory } = begin({ stringEncoding: "utf16" });
    direct(imports["wasi:cli/environment"].getArguments)(16);
    const list = view().getUint32(16, true);
    const [at, units] = [view().getUint32(list + 8, true), view().getUint32(list + 12, true)];
    expect(units).toBe(1);
    expect(Buffer.from(memory.buffer, at, units * 2).toString("utf16le")).toBe("ä");
  });

  it("a short path that was read before is not taken for another", () => {
    const guest = beginFiles();
    const openAt = guest.method(guest.prototype, "openAt", guest.descriptors);
    const statAt = guest.method(guest.prototype, "statAt", guest.descriptors);
    const call = (act: Flat, path: string, ...rest: number[]) => {
      guest.put(512, new TextEncoder().encode(path));
      act(guest.root, 0, 512, path.length, ...rest);
      return guest.view().getUint8(800);
    };
    const names = Array.from(
      { length: 400 },
      (_, number) => `file-${number % 40}${"x".repeat(number % 7)}`,
    );
    const made = new Set<string>();
    for (const name of names.slice(0, 8)) {
      expect(call(openAt, name, 1, 2, 800)).toBe(0);
      made.add(name);
    }
    for (const name of [...names, ...names]) {
      expect([name, call(statAt, name, 800)]).toEqual([name, made.has(name) ? 0 : 1]);
    }
  });
});
