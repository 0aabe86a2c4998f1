import { ByteReader } from "../wasm/byte-reader.js";
import type { WorldTypes } from "../wasm/world/world-types.js";

const SECTION_COMPONENT = 4;
const SECTION_CANON = 8;

const LIFT = 0x00;
const LOWER = 0x01;
/** resource.new, resource.drop and resource.rep; what comes after is of WASI 0.3 and threads. */
const LAST_RESOURCE = 0x04;
/** Encodings of strings: utf8, utf16, latin1+utf16. */
const LAST_ENCODING = 0x02;
/** memory, realloc and post-return; what comes after is of asynchronous functions. */
const LAST_SYNC_OPTION = 0x05;

const LATER = "it uses asynchronous functions, streams or futures of WASI 0.3";
/** Of `wasi:logging` there is a draft of 0.1 alone. */
const VERSION = /^wasi:(?!logging\/)[^@]*@0\.(?!2\.)/;

/**
 * What a component's definitions have that is not run, to be said behind "cannot be run: "; `undefined` if
 * all of it is. The bytes must be known to be a component (`assertSafeNames`); nested ones are looked into.
 */
export function unsupportedPart(bytes: Uint8Array): string | undefined {
  return usesLaterCanon(bytes) ? LATER : undefined;
}

/** As {@link unsupportedPart}, of what it imports and exports. */
export function unsupportedType(world: WorldTypes): string | undefined {
  for (const { name } of [...world.imports, ...world.exports]) {
    if (VERSION.test(name)) return `it is made for ${name}, and WASI 0.2 is what there is`;
  }
  const items = [...world.imports, ...world.exports].flatMap(({ functions }) => functions);
  if (items.some((item) => item.async)) return LATER;
  const isLater = ({ kind }: { readonly kind: string }): boolean =>
    kind === "stream" || kind === "future" || kind === "error-context";
  if (world.types.some(isLater)) return LATER;
  return undefined;
}

function usesLaterCanon(bytes: Uint8Array): boolean {
  const reader = new ByteReader(bytes, 8);
  while (!reader.done) {
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.position + size;
    if (id === SECTION_COMPONENT) {
      if (usesLaterCanon(bytes.subarray(reader.position, end))) return true;
    } else if (id === SECTION_CANON && !isSynchronous(reader)) return true;
    reader.position = end;
  }
  return false;
}

/** Whether all definitions of a section are of the synchronous canonical ABI. */
function isSynchronous(reader: ByteReader): boolean {
  for (let count = reader.u32(); count > 0; count--) {
    const kind = reader.byte();
    if (kind > LAST_RESOURCE) return false;
    if (kind === LIFT || kind === LOWER) reader.byte();
    reader.u32();
    if (kind > LOWER) continue;
    if (!hasSynchronousOptions(reader)) return false;
    if (kind === LIFT) reader.u32();
  }
  return true;
}

function hasSynchronousOptions(reader: ByteReader): boolean {
  for (let count = reader.u32(); count > 0; count--) {
    const option = reader.byte();
    if (option > LAST_SYNC_OPTION) return false;
    if (option > LAST_ENCODING) reader.u32();
  }
  return true;
}
