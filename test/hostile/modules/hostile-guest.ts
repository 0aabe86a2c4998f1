import { fileURLToPath } from "node:url";

/** A guest of test/guests/hostile, as `modules/memory-grows`. */
export function hostileGuest(name: string): string {
  return fileURLToPath(new URL(`../../guests/hostile/${name}.wasm`, import.meta.url));
}

/** Whether this Node runs modules with several memories (22 and later). */
export const severalMemories = WebAssembly.validate(
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 5, 2, 0, 0, 0, 0]),
);

/** Whether it can make memories of 64-bit addresses (24 and later). */
export const memory64 = canMakeMemory64();

function canMakeMemory64(): boolean {
  try {
    const memory = new WebAssembly.Memory({ initial: 1n, maximum: 1n, address: "i64" });
    return memory.buffer.byteLength > 0;
  } catch {
    return false;
  }
}
