import { readPart } from "../base/read-part.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import type { CoreModuleInfo, ModuleImport } from "../wasm/module-info.js";
import { type FunctionType, preview1Modules } from "../wasi/preview1/function-types.js";
import { readModule, SECTION_TYPE } from "../wasm/read-module.js";
import { rewriteModule } from "../wasm/rewrite-module.js";
import { TypeSection } from "../wasm/type-section.js";
import { MAX_PROCESS_TYPES, TypeLedger } from "./type-ledger.js";
import type { CompileAnswer, CompileMessage } from "./worker-messages.js";

/** Reads, checks, rewrites and compiles a module. Throws nothing that the bytes could provoke. */
export function compileModule(message: CompileMessage): CompileAnswer {
  const { source, types, tableElements } = message;
  let bytes: Uint8Array;
  try {
    bytes = "file" in source ? readPart(source) : source.bytes;
  } catch (error) {
    return { type: "unreadable", problem: messageOf(error) };
  }
  try {
    const info = readModule(bytes);
    if (info.kind === "component") return { type: "component" };
    const unknown = info.imports.filter((entry) => !provides(entry));
    if (unknown.length > 0) {
      return { type: "unknown-imports", imports: unknown.map(describeImport) };
    }
    const rewritten = rewriteModule(bytes, info, tableElements);
    const { memoryModule, memories } = rewritten;
    if (memories.some(({ address64 }) => address64)) checkMemory64();
    admitTypes(bytes, info, types);
    const module = new WebAssembly.Module(rewritten.bytes);
    const { imports, exports } = info;
    return { type: "compiled", module, memoryModule, imports, exports, memories };
  } catch (error) {
    if (error instanceof ModuleFormatError || error instanceof WebAssembly.CompileError) {
      return { type: "invalid", problem: messageOf(error) };
    }
    throw error;
  }
}

/** Some versions compile such modules, and can make no memory for them. */
export function checkMemory64(): void {
  try {
    // oxlint-disable-next-line no-new -- the question is whether it can be made
    new WebAssembly.Memory({ initial: 0n, maximum: 0n, address: "i64" });
  } catch {
    throw new ModuleFormatError("64-bit memories need Node 24 or later");
  }
}

/** V8 never forgets a type. */
export function admitTypes(
  bytes: Uint8Array,
  { sections }: CoreModuleInfo,
  board: Int32Array,
): void {
  const section = sections.find(({ id }) => id === SECTION_TYPE);
  if (section === undefined) return;
  const types = new TypeSection(bytes, section.content, section.end);
  if (!new TypeLedger(board).admit(bytes, types)) {
    throw new ModuleFormatError(
      `its types are new to a process that has compiled ${MAX_PROCESS_TYPES}, which it never forgets`,
    );
  }
}

/** Whether there is such a function, and of that type: JavaScript would take any. Memories are made. */
function provides({ module, name, kind, signature }: ModuleImport): boolean {
  if (kind === "memory") return true;
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
export function messageOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/^WebAssembly\.\w+\(\): /, "")
    : String(error);
}
