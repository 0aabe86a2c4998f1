import { closeSync, openSync, readSync } from "node:fs";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import type { ModuleImport } from "../wasm/module-info.js";
import { readModule } from "../wasm/read-module.js";
import { rewriteModule } from "../wasm/rewrite-module.js";
import type { CompileAnswer, CompileMessage, FileSource } from "./worker-messages.js";

/** Reads, checks, rewrites and compiles a module. Throws nothing that the bytes could provoke. */
export function compileModule(
  source: CompileMessage["source"],
  provided: WebAssembly.Imports,
): CompileAnswer {
  let bytes: Uint8Array;
  try {
    bytes = "file" in source ? readFile(source) : source.bytes;
  } catch (error) {
    return { type: "unreadable", problem: message(error) };
  }
  try {
    const info = readModule(bytes);
    if (info.kind === "component") return { type: "component" };
    const unknown = info.imports.filter((entry) => !provides(provided, entry));
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

function provides(provided: WebAssembly.Imports, { module, name, kind }: ModuleImport): boolean {
  if (kind !== "function" || !Object.hasOwn(provided, module)) return false;
  return Object.hasOwn(provided[module] ?? {}, name);
}

function describeImport({ module, name, kind }: ModuleImport): string {
  return kind === "function" ? `${module}.${name}` : `${module}.${name} (${kind})`;
}

/** V8 begins its messages with the function that was called. */
function message(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/^WebAssembly\.\w+\(\): /, "")
    : String(error);
}
