/** Small modules, put together by hand. */
import { ByteWriter } from "../../src/wasm/byte-writer.js";

type Bytes = readonly number[];

export function leb(value: number): number[] {
  const writer = new ByteWriter();
  writer.u32(value);
  return [...writer.take()];
}

export function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...leb(bytes.length), ...bytes];
}

export function section(id: number, ...items: readonly Bytes[]): number[] {
  const content = [...leb(items.length), ...items.flat()];
  return [id, ...leb(content.length), ...content];
}

export function coreModule(...sections: readonly Bytes[]): Uint8Array {
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}

const FUNC = 0x60;
const I32 = 0x7f;

/** A module of one memory that exports `_start` with the given body; function 0 is `proc_exit`. */
export function command(body: Bytes, memory: Bytes = [0, 1]): Uint8Array {
  const code = [0, ...body, 0x0b];
  return coreModule(
    section(1, [FUNC, 1, I32, 0], [FUNC, 0, 0]),
    section(2, [...name("wasi_snapshot_preview1"), ...name("proc_exit"), 0, 0]),
    section(3, [1]),
    section(5, memory),
    section(7, [...name("memory"), 2, 0], [...name("_start"), 0, 1]),
    section(10, [...leb(code.length), ...code]),
  );
}

export const moduleBytes = {
  /** Calls proc_exit, catches what that throws and loops for ever. */
  swallowExit(code: number): Uint8Array {
    const TRY = 0x06;
    const CATCH_ALL = 0x19;
    const EMPTY = 0x40;
    return command([
      ...[TRY, EMPTY, 0x41, code, 0x10, 0, CATCH_ALL],
      ...[0x03, EMPTY, 0x0c, 0, 0x0b],
      0x0b,
    ]);
  },
  /** Imports a function of preview 1 that takes one i64 and gives nothing. */
  mistypedImport(field: string): Uint8Array {
    return coreModule(
      section(1, [FUNC, 1, 0x7e, 0]),
      section(2, [...name("wasi_snapshot_preview1"), ...name(field), 0, 0]),
    );
  },
  /** Imports functions that nobody provides. */
  unknownImports(...imports: readonly (readonly [string, string])[]): Uint8Array {
    return coreModule(
      section(1, [FUNC, 0, 0]),
      section(2, ...imports.map(([module, field]) => [...name(module), ...name(field), 0, 0])),
    );
  },
  component(): Uint8Array {
    return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
  },
};
