import { open } from "node:fs/promises";
import type { LayerEntry } from "../layer/layer-entry.js";
import { WASM_HEAD_BYTES, wasmKind } from "../layer/wasm-kind.js";
import type { Descriptor } from "../oci/descriptor.js";

/** Where a module without a usable name lies in its image. */
const DEFAULT_NAME = "module.wasm";
/** Names taken over: what every file system and shell can write, no hidden files. */
const SAFE_NAME = /^[A-Za-z0-9_+][A-Za-z0-9._+-]{0,126}$/;
export const TITLE = "org.opencontainers.image.title";

/**
 * The paths of layers which are modules: each its title's last segment if that is harmless. The only
 * module of an image without a title is called as the image's command line calls it.
 */
export function modulePaths(
  layers: readonly Pick<Descriptor, "annotations">[],
  program: string | undefined,
): string[] {
  const fallback = layers.length === 1 ? safeName(program ?? "") : undefined;
  const taken = new Set<string>();
  return layers.map(({ annotations }) => {
    const wanted = safeName(annotations?.[TITLE] ?? "") ?? fallback ?? DEFAULT_NAME;
    let path = `/${wanted}`;
    for (let count = 2; taken.has(path); count++) path = `/${numbered(wanted, count)}`;
    taken.add(path);
    return path;
  });
}

/** `module.wasm` → `module-2.wasm` */
function numbered(name: string, count: number): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)}-${count}${name.slice(dot)}` : `${name}-${count}`;
}

/** The last segment of a path, if it can be taken as a name in an image. */
export function safeName(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return SAFE_NAME.test(name) ? name : undefined;
}

/** The entry of a file that is a whole blob, or a part of one. */
export function fileEntry(
  path: string,
  { size, offset = 0, head }: { size: number; offset?: number; head: Uint8Array },
): LayerEntry {
  const kind = wasmKind(head);
  const mode = kind === undefined ? 0o644 : 0o755;
  const file: LayerEntry = { path, type: "file", mode, size, offset, mtime: 0n, link: "" };
  return kind === undefined ? file : { ...file, wasm: kind };
}

/** The first bytes, 8 at most, of `length` bytes that begin at `offset` in a host file. */
export async function readHead(path: string, offset: number, length: number): Promise<Uint8Array> {
  const wanted = Math.min(WASM_HEAD_BYTES, length);
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await file.read(head, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return head.subarray(0, filled);
  } finally {
    await file.close();
  }
}
