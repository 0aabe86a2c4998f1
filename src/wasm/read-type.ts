import { type ByteReader, ModuleFormatError } from "./byte-reader.js";
import { MAX_PAGES, type MemoryType, type TableType } from "./module-info.js";

const HAS_MAXIMUM = 1;
export const SHARED = 2;
export const ADDRESS_64 = 4;
/** Pages, or elements, that 64-bit addresses reach at most (spec, 3.2.15). */
const MAX_ADDRESS_64_PAGES = 2 ** 48;

/** Types written as a byte and a heap type: (ref null ht) and (ref ht). */
const REF_NULL = 0x63;
const REF = 0x64;
/** A table with an initialiser begins with this byte where the element type would be. */
const TABLE_WITH_INITIALISER = 0x40;

/** Limits of a memory (spec, 5.3.7), in pages. */
export function readMemoryType(reader: ByteReader): MemoryType {
  const flags = reader.byte();
  if (flags > (HAS_MAXIMUM | SHARED | ADDRESS_64)) {
    throw new ModuleFormatError(`memory with unknown flags ${flags}`);
  }
  const address64 = (flags & ADDRESS_64) !== 0;
  const { initial, maximum } = readLimits(reader, flags, address64);
  if (!address64 && (initial > MAX_PAGES || (maximum ?? 0) > MAX_PAGES)) {
    throw new ModuleFormatError(`memory of more than ${MAX_PAGES} pages`);
  }
  if (address64 && Math.max(initial, maximum ?? 0) > MAX_ADDRESS_64_PAGES) {
    throw new ModuleFormatError(`memory of more than ${MAX_ADDRESS_64_PAGES} pages`);
  }
  if ((flags & SHARED) !== 0 && maximum === undefined) {
    throw new ModuleFormatError("shared memory without a maximum");
  }
  const type = { initial, shared: (flags & SHARED) !== 0, address64 };
  return maximum === undefined ? type : { ...type, maximum };
}

export function readTableType(reader: ByteReader): TableType {
  const elementType = readReferenceType(reader);
  if (elementType[0] === TABLE_WITH_INITIALISER) {
    throw new ModuleFormatError("tables with an initialiser are not accepted");
  }
  const flags = reader.byte();
  if ((flags & ~(HAS_MAXIMUM | ADDRESS_64)) !== 0) {
    throw new ModuleFormatError(`table with unknown flags ${flags}`);
  }
  const address64 = (flags & ADDRESS_64) !== 0;
  const { initial, maximum } = readLimits(reader, flags, address64);
  const type = { initial, address64, elementType };
  return maximum === undefined ? type : { ...type, maximum };
}

/** A value or reference type as bytes; the compiler checks which there are. */
export function readReferenceType(reader: ByteReader): number[] {
  const first = reader.byte();
  if (first !== REF && first !== REF_NULL) return [first];
  const bytes = [first];
  for (let count = 1; ; count++) {
    const byte = reader.byte();
    bytes.push(byte);
    if (byte < 0x80) return bytes;
    if (count === 5) throw new ModuleFormatError(`heap type too long at byte ${reader.position}`);
  }
}

function readLimits(
  reader: ByteReader,
  flags: number,
  address64: boolean,
): { initial: number; maximum: number | undefined } {
  // Numbers past 2^53 lose bits here; memories of that size are refused, tables' maxima are capped.
  const number = () => (address64 ? Number(reader.u64()) : reader.u32());
  const initial = number();
  const maximum = (flags & HAS_MAXIMUM) === 0 ? undefined : number();
  if (maximum !== undefined && maximum < initial) {
    throw new ModuleFormatError(`maximum ${maximum} is below the initial size ${initial}`);
  }
  return { initial, maximum };
}
