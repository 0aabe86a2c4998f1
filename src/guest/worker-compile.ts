import { closeSync, openSync, readSync } from "node:fs";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import type { ModuleImport } from "../wasm/module-info.js";
import { type FunctionType, preview1Modules } from "../wasi/preview1/function-types.js";
import { readModule } from "../wasm/read-module.js";
import { rewriteModule } from "../wasm/rewrite-module.js";
import type { CompileAnswer, CompileMessage, FileSource } from "./worker-messages.js";

/** Reads, checks, rewrites and compiles a module. Throws nothing that the bytes could provoke. */
export function compileModule(source: CompileMessage["source"]): CompileAnswer {
  let bytes: Uint8Array;
  try {
    bytes = "file" in source ? readFile(source) : source.bytes;
  } catch (error) {
    return { type: "unreadable", problem: message(error) };
  }
  try {
    const info = readModule(bytes);
    if (info.kind === "component") return { type: "component" };
    const unknown = info.imports.filter((entry) => !provides(entry));
    if (unknown.length > 0) {
      return { type: "unknown-imports", imports: unknown.map(describeImport) };
    }
    const rewritten = rewriteModule(bytes, info);
    const module = new WebAssembly.Module(rewritten.bytes);
    return { type: "compiled", module, memoryModule: rewritten.memoryModule, info };
  } catch (error) {
    if (error instanceof ModuleFormatError || error instanceof WebAssembly.CompileError) {
      return { type: "invalid", problem: message(error) };
    }
    throw error;
  }
}

function readFile({ file, offset, length }: FileSource): Uint8Array {
  const bytes = new Uint8Array(length);
  const fd = openSync(file, "r");
  try {
    for (let done = 0; done < length;) {
      const count = readSync(fd, bytes, done, length - done, offset + done);
      if (count === 0) throw new Error(`${file} ends after ${offset + done} bytes`);
      done += count;
    }
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** Whether there is such a function, and of that type: JavaScript would take any. */
function provides({ module, name, kind, signature }: ModuleImport): boolean {
  const type = preview1Modules.get(module)?.get(name);
  if (kind !== "function" || type === undefined) return false;
  return signature === undefined || signature === describeType(type);
}

function describeType({ params, results }: FunctionType): string {
  return `(${params.join(", ")}) -> (${results.join(", ")})`;
}

/** Functions that there are, but of another type, are told with theirs. */
function describeImport({ module, name, kind, signature }: ModuleImport): string {
  if (kind !== "function") return `${module}.${name} (${kind})`;
  const known = preview1Modules.get(module)?.has(name) === true;
  return known ? `${module}.${name}: ${signature}` : `${module}.${name}`;
}

/** V8 begins its messages with the function that was called. */
function message(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/^WebAssembly\.\w+\(\): /, "")
    : String(error);
}
