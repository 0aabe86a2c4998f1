/** A component with nothing inside: it imports interfaces and exports them again under other names. */
export interface ComponentFixture {
  /** Default `wasi:cli/environment@0.2.3`. */
  readonly imports?: readonly string[];
  readonly exports: readonly string[];
  /** Sections put before the exports. */
  readonly inside?: readonly Uint8Array[];
}

const INSTANCE = 0x05;
const TYPES = 7;
const IMPORTS = 10;
const EXPORTS = 11;

/** Bytes of a component that any validator accepts. */
export function component({ imports, exports, inside = [] }: ComponentFixture): Buffer {
  const wanted = imports ?? ["wasi:cli/environment@0.2.3"];
  // Every interface is the empty one.
  const types = section(TYPES, [1, 0x42, 0]);
  const instances = wanted.flatMap((name) => [0, ...nameBytes(name), INSTANCE, 0]);
  const offered = exports.flatMap((name) => [0, ...nameBytes(name), INSTANCE, 0, 0]);
  return Buffer.concat([
    componentHead,
    types,
    section(IMPORTS, [...leb(wanted.length), ...instances]),
    ...inside,
    section(EXPORTS, [...leb(exports.length), ...offered]),
  ]);
}

export const componentHead = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

export const command = component({ exports: ["wasi:cli/run@0.2.3"] });
export const server = component({
  imports: ["wasi:http/types@0.2.3"],
  exports: ["wasi:http/incoming-handler@0.2.3"],
});

export function section(id: number, content: Uint8Array | readonly number[]): Buffer {
  return Buffer.from([id, ...leb(content.length), ...content]);
}

export function nameBytes(name: string): readonly number[] {
  const bytes = Buffer.from(name);
  return [...leb(bytes.length), ...bytes];
}

export function leb(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) + 128);
  }
}
