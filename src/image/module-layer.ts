import { open } from "node:fs/promises";
import type { StagedBlob } from "../content/content-store.js";
import type { LayerEntry } from "../layer/layer-entry.js";
import { WASM_HEAD_BYTES, wasmKind } from "../layer/wasm-kind.js";
import type { Descriptor } from "../oci/descriptor.js";

/** Where a module without a usable name lies in its image. */
const DEFAULT_NAME = "module.wasm";
/** Names taken over: what every file system and shell can write, no hidden files. */
const SAFE_NAME = /^[A-Za-z0-9_+][A-Za-z0-9._+-]{0,126}$/;
const TITLE = "org.opencontainers.image.title";

/** The path that a layer which is a module gets: its title's last segment if that is harmless. */
export function modulePath({ annotations }: Pick<Descriptor, "annotations">): string {
  return `/${safeName(annotations?.[TITLE] ?? "") ?? DEFAULT_NAME}`;
}

/** The last segment of a path, if it can be taken as a name in an image. */
export function safeName(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return SAFE_NAME.test(name) ? name : undefined;
}

/** The entries of a layer that is one file. */
export async function moduleEntries(blob: StagedBlob, path: string): Promise<LayerEntry[]> {
  const head = await readHead(blob.path, 0, blob.size);
  const kind = wasmKind(head);
  const file: LayerEntry = {
    path,
    type: "file",
    mode: 0o755,
    size: blob.size,
    offset: 0,
    mtime: 0n,
    link: "",
  };
  return [kind === undefined ? file : { ...file, wasm: kind }];
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
