import { wasmKind } from "../layer/wasm-kind.js";

const SIGNATURES: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x7f, 0x45, 0x4c, 0x46], "an ELF binary for Linux"],
  [[0xcf, 0xfa, 0xed, 0xfe], "a Mach-O binary for macOS"],
  [[0xca, 0xfe, 0xba, 0xbe], "a Mach-O or Java binary"],
  [[0x4d, 0x5a], "a Windows binary"],
  [[0x23, 0x21], "a script"],
  [[0x28, 0x6d, 0x6f, 0x64], "WebAssembly in its text format"],
  [[0x28, 0x63, 0x6f, 0x6d], "a component in its text format"],
  [[0x1f, 0x8b], "gzip data"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd data"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive"],
];

/** Says what a file seems to be, by its first 8 bytes: "an ELF binary for Linux". */
export function describeBytes(head: Uint8Array): string {
  if (head.byteLength === 0) return "an empty file";
  const kind = wasmKind(head);
  if (kind !== undefined) return kind === "core" ? "a WebAssembly module" : "a component";
  if ([0, 0x61, 0x73, 0x6d].every((byte, i) => head[i] === byte)) {
    return "WebAssembly of an unknown version, or cut short";
  }
  const found = SIGNATURES.find(([bytes]) => bytes.every((byte, i) => head[i] === byte));
  return found?.[1] ?? "no WebAssembly";
}
