import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";
import { isWholeAtOnce, SEAL_BYTES, sealOf } from "../base/sealed-file.js";
import { isTrusted } from "../base/trusted-file.js";

/** Largest file of code that is read, in bytes: a bundle's has 0.3 MB. */
const MAX_CODE_BYTES = 16 * 2 ** 20;

type Require = (name: string) => unknown;
type Body = (exports: object, require: Require) => void;

/**
 * Loads a bundle of CommonJS with V8's code of it, which the store keeps where it keeps that of components:
 *
 *     <prepared>/<hex of sha256 of the bundle>/<V8's version and flags>
 *
 * Compiling takes a worker 9 ms of the 25 that it needs to start. Whoever finds no such file, or a damaged one, writes it.
 *
 * @returns what the bundle exports
 */
export function loadScript(path: string, require: Require, prepared: string | undefined): object {
  const source = readFileSync(path);
  const cache = prepared === undefined ? undefined : cachePath(prepared, source);
  const cachedData = cache === undefined ? undefined : readCode(cache);
  const script = new Script(`(function (exports, require) {${source.toString()}\n})`, {
    filename: path,
    ...(cachedData === undefined ? undefined : { cachedData }),
  });
  const exports = {};
  (script.runInThisContext() as Body)(exports, require);
  const isUsed = cachedData !== undefined && script.cachedDataRejected !== true;
  if (cache !== undefined && !isUsed) keepCode(cache, script.createCachedData());
  return exports;
}

function cachePath(prepared: string, source: Uint8Array): string {
  const digest = createHash("sha256").update(source).digest("hex");
  return join(prepared, digest, cachedDataVersionTag().toString(16));
}

/** V8 runs what it is given: only what we have written, and whole. */
function readCode(path: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const stats = fstatSync(descriptor);
    if (!isTrusted(stats) || stats.size > MAX_CODE_BYTES) return undefined;
    const file = readFileSync(descriptor);
    return isWholeAtOnce(file) ? file.subarray(SEAL_BYTES) : undefined;
  } catch {
    // Not made yet, or not to be read.
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function keepCode(path: string, code: Uint8Array): void {
  const folder = dirname(path);
  const temporary = `${path}-${randomBytes(12).toString("hex")}`;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or writing fails as well.
  }
  try {
    writeFileSync(temporary, Buffer.concat([sealOf([code]), code]), { mode: 0o600, flag: "wx" });
    renameSync(temporary, path);
  } catch {
    // A store that cannot be written to, or none yet: the next worker compiles again.
    rmSync(temporary, { force: true });
  }
}
