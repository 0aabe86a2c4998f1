/** A guest without code: a memory, and the host functions to call on it one by one. */
import { MemoryFilesystem } from "../../src/fs/memory/memory-filesystem.js";
import { Location } from "../../src/fs/resolve.js";
import { Context } from "../../src/wasi/context.js";
import type { ContextSpec } from "../../src/wasi/context-spec.js";
import { createPreview1 } from "../../src/wasi/preview1/index.js";
import type { InputStream, OutputStream, Stdio } from "../../src/wasi/stdio.js";

export class ArrayInput implements InputStream {
  readonly waits: number[] = [];
  #bytes: Uint8Array;
  #open: boolean;

  /** `open`: more may come, so an empty stream is not at its end. */
  constructor(text = "", open = false) {
    this.#bytes = new TextEncoder().encode(text);
    this.#open = open;
  }

  read(dst: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.#bytes.length);
    dst.set(this.#bytes.subarray(0, count), offset);
    this.#bytes = this.#bytes.subarray(count);
    return count;
  }

  available(): number {
    return this.#bytes.length;
  }

  ended(): boolean {
    return !this.#open && this.#bytes.length === 0;
  }

  wait(timeoutMs: number): boolean {
    this.waits.push(timeoutMs);
    return this.available() > 0 || this.ended();
  }
}

export class ArrayOutput implements OutputStream {
  readonly chunks: Uint8Array[] = [];

  write(src: Uint8Array, offset: number, length: number): number {
    this.chunks.push(src.slice(offset, offset + length));
    return length;
  }

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

export interface TestStdio extends Stdio {
  readonly stdin: ArrayInput;
  readonly stdout: ArrayOutput;
  readonly stderr: ArrayOutput;
  readonly slept: number[];
}

export const START_MS = 1_700_000_000_000;

const SPEC: ContextSpec = {
  args: ["prog", "ä"],
  env: ["A=1", "LONG=value"],
  mounts: [],
  clock: { kind: "frozen", startMs: START_MS },
  random: { kind: "seeded", seed: "test" },
  limits: { openFiles: 16 },
};

/** The first preopen. */
export const ROOT = 3;
const SCRATCH = 60_000;
const ALL_RIGHTS = (1n << 30n) - 1n;
const READ_WRITE = 2n | 64n;

export interface OpenOptions {
  readonly oflags?: number;
  readonly rights?: bigint;
  readonly fdflags?: number;
  readonly follow?: boolean;
  readonly dirfd?: number;
}

export class TestGuest {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  readonly preview1 = createPreview1();
  readonly wasi = this.preview1.imports.wasi_snapshot_preview1;
  readonly unstable = this.preview1.imports.wasi_unstable;
  readonly filesystem: MemoryFilesystem;
  readonly context: Context;
  readonly stdio: TestStdio;

  constructor(spec: Partial<ContextSpec> = {}, stdin = new ArrayInput()) {
    const slept: number[] = [];
    this.stdio = {
      stdin,
      stdout: new ArrayOutput(),
      stderr: new ArrayOutput(),
      slept,
      sleep: (ms) => void slept.push(ms),
    };
    this.filesystem = new MemoryFilesystem({
      maxBytes: 1 << 20,
      maxFiles: 1000,
      now: () => 1_000_000_000n,
      dev: 1n,
    });
    const preopens = [
      { name: "/", location: new Location(this.filesystem.root, true) },
      { name: "/data", location: new Location(this.filesystem.root, false) },
    ];
    this.context = new Context({ ...SPEC, ...spec }, this.stdio, { preopens, close: () => {} });
    this.preview1.begin(this.context, this.memory);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  u64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  text(at: number, length: number): string {
    return Buffer.from(this.bytes.slice(at, at + length)).toString();
  }

  /** Puts bytes at an address and answers [address, length], to be spread into a call. */
  put(text: string | Uint8Array, at = SCRATCH): [number, number] {
    const encoded = typeof text === "string" ? new TextEncoder().encode(text) : text;
    this.bytes.set(encoded, at);
    return [at, encoded.length];
  }

  /** Puts a list of [address, length] pairs and answers [address, count]. */
  vectors(pairs: readonly (readonly [number, number])[], at = 50_000): [number, number] {
    pairs.forEach(([address, length], index) => {
      this.view.setUint32(at + index * 8, address, true);
      this.view.setUint32(at + index * 8 + 4, length, true);
    });
    return [at, pairs.length];
  }

  /** The new descriptor, or the negated errno. */
  tryOpen(path: string, options: OpenOptions = {}): number {
    const { oflags = 0, rights = READ_WRITE, fdflags = 0, follow = false, dirfd = ROOT } = options;
    const [at, length] = this.put(path);
    const lookup = follow ? 1 : 0;
    const errno = this.wasi.path_open(
      dirfd,
      lookup,
      at,
      length,
      oflags,
      rights,
      ALL_RIGHTS,
      fdflags,
      SCRATCH - 8,
    );
    return errno === 0 ? this.u32(SCRATCH - 8) : -Number(errno);
  }

  /** The new descriptor; fails the test if there is none. */
  open(path: string, options: OpenOptions = {}): number {
    const fd = this.tryOpen(path, options);
    if (fd < 0) throw new Error(`path_open ${path}: errno ${-fd}`);
    return fd;
  }

  /** Writes a string through a descriptor; the errno. */
  write(fd: number, text: string): unknown {
    return this.wasi.fd_write(fd, ...this.vectors([this.put(text)]), SCRATCH - 8);
  }

  /** Reads up to `length` bytes, or answers the negated errno. */
  read(fd: number, length = 100): string | number {
    const errno = this.wasi.fd_read(fd, ...this.vectors([[SCRATCH, length]]), SCRATCH - 8);
    return errno === 0 ? this.text(SCRATCH, this.u32(SCRATCH - 8)) : -Number(errno);
  }

  /** Makes a file with contents. */
  file(path: string, text = ""): void {
    const fd = this.open(path, { oflags: 1 });
    this.write(fd, text);
    this.wasi.fd_close(fd);
  }

  directory(path: string): void {
    const errno = this.wasi.path_create_directory(ROOT, ...this.put(path));
    if (errno !== 0) throw new Error(`path_create_directory ${path}: errno ${String(errno)}`);
  }
}
