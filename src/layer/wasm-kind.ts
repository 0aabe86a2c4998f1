/** What a WebAssembly binary is: a core module or a component. */
export type WasmKind = "core" | "component";

/** Bytes at the start of a file that tell: the magic "\0asm", and version and layer. */
export const WASM_HEAD_BYTES = 8;

/**
 * Tells from its first 8 bytes what a file is; `undefined`: no WebAssembly, or of a version that
 * nobody runs (core specification 5.5.16; component model, "Binary format").
 *
 *     00 61 73 6d   01 00 00 00   core module, version 1
 *     00 61 73 6d   0d 00 01 00   component: version 13, layer 1
 */
export function wasmKind(head: Uint8Array): WasmKind | undefined {
  if (head.byteLength < WASM_HEAD_BYTES) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, WASM_HEAD_BYTES);
  if (view.getUint32(0) !== 0x00_61_73_6d) return undefined;
  const version = view.getUint32(4, true);
  if (version === 0x00_00_00_01) return "core";
  return version === 0x00_01_00_0d ? "component" : undefined;
}
