import { ByteReader } from "../wasm/byte-reader.js";
import { ByteWriter } from "../wasm/byte-writer.js";

const SECTION_MEMORY = 5;
const PAGE_BYTES = 65_536;

/**
 * The module with a maximum of `maxBytes` for each memory that it defines. For modules that we bring along;
 * those of guests are rewritten by `rewriteModule`.
 */
export function capMemory(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const reader = new ByteReader(bytes, 8);
  while (!reader.done) {
    const start = reader.position;
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.position + size;
    if (id === SECTION_MEMORY) {
      const section = cappedMemories(reader, Math.floor(maxBytes / PAGE_BYTES));
      return Buffer.concat([bytes.subarray(0, start), section, bytes.subarray(end)]);
    }
    reader.position = end;
  }
  return bytes;
}

function cappedMemories(reader: ByteReader, maxPages: number): Uint8Array {
  const count = reader.u32();
  const content = new ByteWriter();
  content.u32(count);
  for (let done = 0; done < count; done++) {
    const hasMaximum = (reader.byte() & 1) === 1;
    const initial = reader.u32();
    const maximum = hasMaximum ? reader.u32() : maxPages;
    content.limits(initial, Math.max(initial, Math.min(maximum, maxPages)));
  }
  const section = new ByteWriter();
  section.byte(SECTION_MEMORY);
  section.u32(content.take().length);
  section.bytes(content.take());
  return section.take();
}
