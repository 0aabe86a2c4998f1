/** Modules put together by hand, byte for byte. */
import { coreModule, leb, name, section } from "../../wasm/module-bytes.js";

export type Bytes = readonly number[];

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const EXTERNREF = 0x6f;
export const FUNCREF = 0x70;
export const EMPTY = 0x40;
export const FUNC = 0x60;
export const END = 0x0b;
export const WASI = "wasi_snapshot_preview1";

export const LOOP = [0x03, EMPTY, 0x0c, 0, END];
export const DROP = 0x1a;
export const i32 = (value: number): number[] => [0x41, ...signed(value)];
export const call = (index: number): number[] => [0x10, ...leb(index)];

export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    const next = rest >> 7;
    if ((next === 0 && (low & 0x40) === 0) || (next === -1 && (low & 0x40) !== 0)) {
      return [...bytes, low];
    }
    bytes.push(low | 0x80);
  }
}

export interface Parts {
  /** Parameters and results of each imported function, with its module and name. */
  readonly imports?: readonly (readonly [string, string, Bytes, Bytes])[];
  /** Parameters and results of the function that is exported as `_start`. */
  readonly type?: readonly [Bytes, Bytes];
  readonly body?: Bytes;
  readonly locals?: Bytes;
  readonly tables?: readonly Bytes[];
  readonly memories?: readonly Bytes[];
  readonly globals?: readonly Bytes[];
  readonly exports?: readonly Bytes[];
  /** Whether the function is the start function too. */
  readonly start?: boolean;
  readonly data?: readonly Bytes[];
}

/** One function, exported as `_start`, and what goes with it. */
export function build(parts: Parts): Uint8Array {
  const imports = parts.imports ?? [];
  const [params, results] = parts.type ?? [[], []];
  const type = (from: Bytes, to: Bytes) => [FUNC, from.length, ...from, to.length, ...to];
  const code = [...(parts.locals ?? [0]), ...(parts.body ?? []), END];
  const exports = parts.exports ?? [[...name("_start"), 0, imports.length]];
  return coreModule(
    section(1, ...imports.map(([, , from, to]) => type(from, to)), type(params, results)),
    section(2, ...imports.map(([module, field], at) => [...name(module), ...name(field), 0, at])),
    section(3, [imports.length]),
    ...(parts.tables === undefined ? [] : [section(4, ...parts.tables)]),
    ...(parts.memories === undefined ? [] : [section(5, ...parts.memories)]),
    ...(parts.globals === undefined ? [] : [section(6, ...parts.globals)]),
    section(7, ...exports),
    ...(parts.start === true ? [[8, 1, imports.length]] : []),
    section(10, [...leb(code.length), ...code]),
    ...(parts.data === undefined ? [] : [section(11, ...parts.data)]),
  );
}

export const EXIT = [WASI, "proc_exit", [I32], []] as const;
export const start = (index: number) => [...name("_start"), 0, index];
