import { printable } from "../base/printable.js";
import { componentWorld, coreWorld, type ImageWorld } from "../image/image-world.js";
import { preview1Modules } from "../wasi/preview1/function-types.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import { type CoreModuleInfo, type MemoryType, PAGE_BYTES } from "../wasm/module-info.js";
import { readComponent } from "../wasm/read-component.js";
import { readModule } from "../wasm/read-module.js";
import { GRANT_USES, type GrantUse, usesOfFunction, usesOfInterface } from "./import-grants.js";
import type { ImportedNames, ProgramRequirements } from "./requirements.js";

/** Names in one list. */
const MAX_NAMES = 1000;
/** Characters of a name. */
const MAX_NAME = 200;

/** What is known of a program before its sections are read. */
export type ProgramHead = Pick<ProgramRequirements, "path" | "kind" | "size">;

/** What the outline of a module or component says; of one that cannot be read, what is wrong with it. */
export function describeOutline(outline: Uint8Array, head: ProgramHead): ProgramRequirements {
  try {
    if (head.kind === "component") return describeComponent(outline, head);
    const module = readModule(outline);
    if (module.kind === "core") return describeCore(module, head);
    return unreadable(head, "it is a component");
  } catch (error) {
    if (error instanceof ModuleFormatError) return unreadable(head, "its sections cannot be read");
    throw error;
  }
}

function describeComponent(outline: Uint8Array, head: ProgramHead): ProgramRequirements {
  const { imports, exports } = readComponent(outline);
  const names = new NameList();
  return {
    ...head,
    world: worldOf(componentWorld({ imports, exports })),
    grants: usesOf(imports.map(({ name }) => usesOfInterface(name))),
    imports: names.list(imports, ({ name }) => ({
      module: names.name(name),
      functions: [],
      others: [],
    })),
    unknownImports: [],
    memories: [],
    tables: [],
    exports: names.list(exports, ({ name, sort }) => ({ name: names.name(name), kind: sort })),
    hasStartFunction: false,
    truncated: names.truncated,
  };
}

function describeCore(module: CoreModuleInfo, head: ProgramHead): ProgramRequirements {
  const names = new NameList();
  const { imports, exports, memories, tables } = module;
  const unknown = imports.filter((entry) => !isProvided(entry));
  const known = imports.filter(isProvided);
  return {
    ...head,
    world: worldOf(coreWorld(module)),
    grants: usesOf(known.map(({ name }) => usesOfFunction(name))),
    imports: byModule(imports, names),
    unknownImports: names.list(unknown, ({ module: from, name, kind }) =>
      names.name(kind === "function" ? `${from}.${name}` : `${from}.${name} (${kind})`),
    ),
    memories: [
      ...imports.flatMap(({ memory }) => (memory === undefined ? [] : [memoryOf(memory, true)])),
      ...memories.map((memory) => memoryOf(memory, false)),
    ].slice(0, MAX_NAMES),
    tables: names.list(tables, ({ initial, maximum }) => ({
      minimum: initial,
      ...(maximum === undefined ? {} : { maximum }),
    })),
    exports: names.list(exports, ({ name, kind }) => ({ name: names.name(name), kind })),
    hasStartFunction: module.start !== undefined,
    truncated: names.truncated,
  };
}

function isProvided({ module, name, kind, signature }: CoreModuleInfo["imports"][number]): boolean {
  const type = preview1Modules.get(module)?.get(name);
  if (kind !== "function" || type === undefined) return false;
  const { params, results } = type;
  return (
    signature === undefined || signature === `(${params.join(", ")}) -> (${results.join(", ")})`
  );
}

function byModule(imports: CoreModuleInfo["imports"], names: NameList): readonly ImportedNames[] {
  const found = new Map<
    string,
    { functions: string[]; others: ImportedNames["others"][number][] }
  >();
  for (const { module, name, kind } of names.list(imports, (entry) => entry)) {
    const from = names.name(module);
    const entry = found.get(from) ?? { functions: [], others: [] };
    found.set(from, entry);
    if (kind === "function") entry.functions.push(names.name(name));
    else entry.others.push({ name: names.name(name), kind });
  }
  return [...found].map(([module, entry]) => ({ module, ...entry }));
}

function memoryOf(
  { initial, maximum, address64, shared }: MemoryType,
  imported: boolean,
): ProgramRequirements["memories"][number] {
  return {
    imported,
    minimumBytes: initial * PAGE_BYTES,
    ...(maximum === undefined ? {} : { maximumBytes: maximum * PAGE_BYTES }),
    address64,
    shared,
  };
}

function usesOf(uses: readonly (readonly GrantUse[])[]): readonly GrantUse[] {
  const all = new Set(uses.flat());
  return GRANT_USES.filter((use) => all.has(use));
}

function worldOf({ kind, wasi }: ImageWorld): ProgramRequirements["world"] & object {
  return { kind, ...(wasi === undefined ? {} : { wasi }) };
}

export function unreadable(head: ProgramHead, problem: string): ProgramRequirements {
  return {
    ...head,
    grants: [],
    imports: [],
    unknownImports: [],
    memories: [],
    tables: [],
    exports: [],
    hasStartFunction: false,
    truncated: false,
    problem,
  };
}

/** Cuts what hostile modules make long, and tells that it did. */
class NameList {
  truncated = false;

  name(name: string): string {
    if (name.length > MAX_NAME) this.truncated = true;
    return printable(name, MAX_NAME);
  }

  list<T, R>(items: readonly T[], each: (item: T) => R): R[] {
    if (items.length > MAX_NAMES) this.truncated = true;
    return items.slice(0, MAX_NAMES).map(each);
  }
}
