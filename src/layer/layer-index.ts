import { SafedockError } from "../base/errors.js";
import type { LayerEntry } from "./layer-entry.js";

/** Version of the index's format; one of another version is made anew. */
const INDEX_VERSION = 1;

const TYPES = ["file", "directory", "symlink", "hardlink", "whiteout", "opaque"] as const;
const KINDS = ["", "core", "component"] as const;

/** path, type, mode, size, offset, mtime in ns as decimal text, link, kind of WebAssembly. */
type Row = [string, number, number, number, number, string, string, number];

/** Rows written in one piece: few enough to be garbage soon. */
const ROWS_AT_ONCE = 128;
/** Places of the numbers in a row. */
const NUMBERS = [1, 2, 3, 4, 7] as const;

/** The stored form of a layer's entries: JSON, one array per entry, types as numbers. */
export function encodeLayerIndex(entries: readonly LayerEntry[]): string {
  const parts: string[] = [];
  for (let at = 0; at < entries.length; at += ROWS_AT_ONCE) {
    const rows = entries.slice(at, at + ROWS_AT_ONCE).map(rowOf);
    parts.push(JSON.stringify(rows).slice(1, -1));
  }
  return `{"version":${INDEX_VERSION},"rows":[${parts.join(",")}]}`;
}

function rowOf({ path, type, mode, size, offset, mtime, link, wasm }: LayerEntry): Row {
  const kind = KINDS.indexOf(wasm ?? "");
  return [path, TYPES.indexOf(type), mode, size, offset, mtime.toString(), link, kind];
}

/**
 * Reads what {@link encodeLayerIndex} gave.
 *
 * @throws SafedockError `ERR_STORE_INVALID` if it is damaged or of another version.
 */
export function decodeLayerIndex(text: string, path: string): LayerEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error);
  }
  if (!hasRows(parsed) || parsed.version !== INDEX_VERSION) throw damaged(path);
  let lastText = "";
  let lastTime = 0n;
  return parsed.rows.map((row) => {
    if (!isRow(row)) throw damaged(path);
    // By number: taking the row apart would make an object for each of its fields.
    const type = TYPES[row[1]];
    const wasm = KINDS[row[7]];
    if (type === undefined || wasm === undefined) throw damaged(path);
    const time = row[5];
    if (time !== lastText) {
      lastText = time;
      lastTime = BigInt(time);
    }
    const entry = {
      path: row[0],
      type,
      mode: row[2],
      size: row[3],
      offset: row[4],
      mtime: lastTime,
      link: row[6],
    };
    return wasm === "" ? entry : { ...entry, wasm };
  });
}

function hasRows(value: unknown): value is { version: unknown; rows: unknown[] } {
  return (
    typeof value === "object" && value !== null && "rows" in value && Array.isArray(value.rows)
  );
}

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length !== 8) return false;
  const fields: readonly unknown[] = row;
  return (
    typeof fields[0] === "string" &&
    typeof fields[6] === "string" &&
    typeof fields[5] === "string" &&
    /^-?[0-9]{1,19}$/.test(fields[5]) &&
    NUMBERS.every((at) => Number.isSafeInteger(fields[at]))
  );
}

function damaged(path: string, cause?: unknown): SafedockError {
  return new SafedockError("ERR_STORE_INVALID", `The layer index ${path} is damaged`, {
    data: { path },
    hint: "remove the file and pull the image again",
    cause,
  });
}
