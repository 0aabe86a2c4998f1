import { ModuleFormatError } from "../wasm/byte-reader.js";
import type { CoreModuleInfo } from "../wasm/module-info.js";
import { readModule } from "../wasm/read-module.js";
import { MAX_MODULE_TABLES, rewriteModule } from "../wasm/rewrite-module.js";
import type { CompiledCore } from "./compiled-module.js";
import { admitTypes, checkMemory64, messageOf } from "./worker-compile.js";
import type { CompileAnswer, CompileCoresMessage } from "./worker-messages.js";

/** Core instances of one component: a composition of a dozen components has three times as many. */
const MAX_CORE_INSTANCES = 200;
/** Memories of all its instances: each takes 8 to 10 GiB of address space. */
const MAX_COMPONENT_MEMORIES = 16;

/**
 * Checks, rewrites and compiles the core modules of a component, each as one module is, and all their
 * instances together within the limits of one. Throws nothing that the bytes could provoke.
 */
export function compileCores({
  cores,
  instances,
  tableElements,
  types,
}: CompileCoresMessage): CompileAnswer {
  let name = "";
  try {
    const infos = cores.map((core) => {
      ({ name } = core);
      const info = readModule(core.bytes);
      if (info.kind === "component") throw new ModuleFormatError("it is a component");
      return info;
    });
    name = "its instances";
    const elements = shareTables(infos, instances, tableElements);
    const compiled: CompiledCore[] = [];
    for (const [index, info] of infos.entries()) {
      const { bytes } = cores[index] ?? NO_CORE;
      name = cores[index]?.name ?? "";
      const rewritten = rewriteModule(bytes, info, elements[index], "kept");
      const { memories, memoryModule } = rewritten;
      if (memories.some(({ address64 }) => address64)) checkMemory64();
      admitTypes(bytes, info, types);
      const module = new WebAssembly.Module(rewritten.bytes);
      compiled.push({ name, module, memories, memoryModule });
    }
    return { type: "compiled-cores", cores: compiled };
  } catch (error) {
    if (error instanceof ModuleFormatError || error instanceof WebAssembly.CompileError) {
      return { type: "invalid", problem: `${name}: ${messageOf(error)}` };
    }
    throw error;
  }
}

const NO_CORE = { bytes: new Uint8Array(0) };

/**
 * How many elements the tables of each core module may have in one instance, so that those of all instances
 * stay within `most`: what the initial sizes leave is shared out evenly among instances with tables that grow.
 */
function shareTables(
  infos: readonly CoreModuleInfo[],
  instances: readonly number[],
  most: number,
): number[] {
  checkCount(instances.length, MAX_CORE_INSTANCES, "core instances");
  const made = instances.map((index) => {
    const info = infos[index];
    if (info === undefined) throw new ModuleFormatError(`there is no core module ${index}`);
    return info;
  });
  checkCount(
    sum(made, ({ memories }) => memories.length),
    MAX_COMPONENT_MEMORIES,
    "memories",
  );
  checkCount(
    sum(made, ({ tables }) => tables.length),
    MAX_MODULE_TABLES,
    "tables",
  );
  const asked = sum(made, initialElements);
  if (asked > most) {
    throw new ModuleFormatError(
      `the tables begin with ${asked} elements, the limit (tableElements) is ${most}`,
    );
  }
  const share = Math.floor((most - asked) / Math.max(1, made.filter(mayGrow).length));
  return infos.map((info) => initialElements(info) + (mayGrow(info) ? share : 0));
}

function initialElements({ tables }: CoreModuleInfo): number {
  return sum(tables, ({ initial }) => initial);
}

function mayGrow({ tables }: CoreModuleInfo): boolean {
  return tables.some(({ initial, maximum }) => maximum === undefined || maximum > initial);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function checkCount(count: number, most: number, what: string): void {
  if (count > most) throw new ModuleFormatError(`${count} ${what}, at most ${most} are accepted`);
}
