import { cachedDataVersionTag, deserialize, serialize } from "node:v8";
import { isWhole, SEAL_BYTES, sealOf } from "../base/sealed-file.js";
import type { PreparedComponent } from "./prepared-component.js";

/**
 * A prepared component as the content of a sealed file:
 *
 *     length     4 bytes   of the head, little endian
 *     head                 FileHead, as V8 serialises it
 *     parts                the script, the core modules, V8's cached data of the script
 */
const HEAD_AT = SEAL_BYTES + 4;

interface FileHead extends Omit<PreparedComponent, "script" | "codeCache" | "cores"> {
  readonly scriptBytes: number;
  readonly cores: readonly { readonly name: string; readonly bytes: number }[];
  readonly codeCacheBytes: number;
  /** Which V8, flags and processor the cached data is for. */
  readonly codeCacheTag: number;
}

/** The pieces of the file, in order. */
export function encodePrepared(prepared: PreparedComponent): readonly Uint8Array[] {
  const { script, codeCache = new Uint8Array(), cores, ...rest } = prepared;
  const text = Buffer.from(script);
  const head: FileHead = {
    ...rest,
    scriptBytes: text.length,
    cores: cores.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    codeCacheBytes: codeCache.length,
    codeCacheTag: cachedDataVersionTag(),
  };
  const headBytes = serialize(head);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(headBytes.length);
  const parts = [length, headBytes, text, ...cores.map(({ bytes }) => bytes), codeCache];
  return [sealOf(parts), ...parts];
}

/** `undefined` for a file that is damaged, of another format, or of another key. */
export async function decodePrepared(
  file: Buffer,
  key: string,
): Promise<PreparedComponent | undefined> {
  if (!(await isWhole(file))) return undefined;
  try {
    const headEnd = HEAD_AT + file.readUInt32LE(HEAD_AT - 4);
    const head = deserialize(file.subarray(HEAD_AT, headEnd)) as FileHead;
    return head.key === key ? partsOf(file, headEnd, head) : undefined;
  } catch {
    // Whole, and yet V8 does not know the head's format: a newer one has written it.
    return undefined;
  }
}

function partsOf(file: Buffer, start: number, head: FileHead): PreparedComponent | undefined {
  const { scriptBytes, codeCacheBytes, codeCacheTag, cores, ...rest } = head;
  let at = start;
  const take = (bytes: number): Buffer => file.subarray(at, (at += bytes));
  const script = take(scriptBytes).toString();
  const modules = cores.map(({ name, bytes }) => ({ name, bytes: take(bytes) }));
  const codeCache = take(codeCacheBytes);
  if (at !== file.length) return undefined;
  const fits = codeCacheBytes > 0 && codeCacheTag === cachedDataVersionTag();
  return { ...rest, script, codeCache: fits ? codeCache : undefined, cores: modules };
}
