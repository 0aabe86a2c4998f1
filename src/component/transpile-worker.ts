/** Entry of a thread that lives for one component: see `transpileComponent`. */
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { isSafedockError, SafedockError } from "../base/errors.js";
import { packError } from "../base/packed-error.js";
import { capMemory } from "./cap-memory.js";
import { preparedKey, preparedVariant } from "./prepare-key.js";
import { encodePrepared } from "./prepared-file.js";
import { transpileComponent, type Transpiler } from "./transpile-component.js";
import { readPart } from "../base/read-part.js";
import type { TranspileAnswer, TranspileOrder } from "./transpile.js";

/** Memory that jco may take, in bytes: eight times that of the largest components there are. */
const MAX_JCO_MEMORY = 2 ** 30;

const { source, component, folder, temporary } = workerData as TranspileOrder;
parentPort?.postMessage(await answer());

async function answer(): Promise<TranspileAnswer> {
  try {
    const bytes = "bytes" in source ? source.bytes : readPart(source);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (folder !== undefined && isKnown(folder, digest)) return { digest, isKnown: true };
    const order = { component, key: preparedKey(digest) };
    const prepared = await transpileComponent(bytes, order, loadJco);
    write(encodePrepared(prepared));
    return { digest, isKnown: false };
  } catch (error) {
    if (isSafedockError(error)) return { error: packError(error) };
    throw error;
  }
}

function isKnown(root: string, digest: string): boolean {
  return existsSync(join(root, digest.slice("sha256:".length), preparedVariant()));
}

function write(pieces: readonly Uint8Array[]): void {
  const fd = openSync(temporary, "wx", 0o600);
  try {
    for (const piece of pieces) {
      for (let done = 0; done < piece.length;) done += writeSync(fd, piece, done);
    }
  } finally {
    closeSync(fd);
  }
}

/** The transpiler, its own memory bounded: it is a WebAssembly module that the component makes work. */
async function loadJco(): Promise<Transpiler> {
  const { compile } = WebAssembly;
  Object.assign(WebAssembly, {
    compile: (bytes: Uint8Array) => compile(capMemory(bytes, MAX_JCO_MEMORY)),
  });
  try {
    return await import("@bytecodealliance/jco-transpile/component");
  } catch (cause) {
    throw new SafedockError(
      "ERR_COMPONENT_UNSUPPORTED",
      `${component} is a component, and @bytecodealliance/jco-transpile, which takes components apart, cannot be loaded`,
      {
        data: { module: component, problem: "@bytecodealliance/jco-transpile is not installed" },
        hint: "npm install @bytecodealliance/jco-transpile, or install safedock without --omit=optional",
        cause,
      },
    );
  }
}
