import { setImmediate } from "node:timers/promises";
import { printable } from "../base/printable.js";
import { isSafedockError } from "../base/errors.js";
import { componentWorld, coreWorld, type ImageWorld } from "../image/image-world.js";
import { type FilePart, readOutline, type WantedSections } from "../image/module-outline.js";
import { openModuleAt, type OpenImage } from "../image/resolve-entry.js";
import { preview1Modules } from "../wasi/preview1/function-types.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import { type CoreModuleInfo, type MemoryType, PAGE_BYTES } from "../wasm/module-info.js";
import { COMPONENT_EXPORTS, COMPONENT_IMPORTS, readComponent } from "../wasm/read-component.js";
import {
  readModule,
  SECTION_EXPORT,
  SECTION_IMPORT,
  SECTION_MEMORY,
  SECTION_START,
  SECTION_TABLE,
  SECTION_TYPE,
} from "../wasm/read-module.js";
import { GRANT_USES, type GrantUse, usesOfFunction, usesOfInterface } from "./import-grants.js";
import type { ImportedNames, ProgramRequirements, Requirements } from "./requirements.js";

/** Most bytes of names, types and limits that are looked at: parsed in some 20 ms, far above what tools write. */
const MAX_BYTES = 2 ** 20;
/** Names in one list. */
const MAX_NAMES = 1000;
/** Characters of a name. */
const MAX_NAME = 200;
const WANTED: WantedSections = {
  core: [
    SECTION_TYPE,
    SECTION_IMPORT,
    SECTION_TABLE,
    SECTION_MEMORY,
    SECTION_EXPORT,
    SECTION_START,
  ],
  component: [COMPONENT_IMPORTS, COMPONENT_EXPORTS],
};

/** What is known of a program before its sections are read. */
type Head = Pick<ProgramRequirements, "path" | "kind" | "size">;

/**
 * Reads what an image's programs import: code and data are passed over on disk, nothing is compiled and
 * nothing runs.
 */
export async function readRequirements(image: OpenImage): Promise<Requirements> {
  const { digest, reference, program, modules } = image.record;
  const entry = program?.entry?.path;
  const programs: ProgramRequirements[] = [];
  for (const { path, kind, size } of modules) {
    programs.push(await readProgram(image, { path, kind, size }));
    // Many small reads must not keep the app's own work waiting.
    await setImmediate();
  }
  return {
    digest,
    ...(reference === undefined ? {} : { reference }),
    ...(entry === undefined ? {} : { entry }),
    programs,
  };
}

async function readProgram(image: OpenImage, head: Head): Promise<ProgramRequirements> {
  try {
    return await describe(await openModuleAt(image, head.path), head);
  } catch (error) {
    if (error instanceof ModuleFormatError) return unreadable(head, "its sections cannot be read");
    if (isSafedockError(error, "ERR_MODULE_INVALID")) return unreadable(head, error.data.problem);
    throw error;
  }
}

async function describe(part: FilePart, head: Head): Promise<ProgramRequirements> {
  const outline = await readOutline(part, WANTED, MAX_BYTES);
  if (outline === undefined) {
    return unreadable(head, `its imports and exports take more than ${MAX_BYTES} bytes`);
  }
  if (head.kind === "component") {
    const { imports, exports } = readComponent(outline);
    const names = new NameList();
    const uses = imports.map(({ name }) => usesOfInterface(name));
    return {
      ...head,
      world: worldOf(componentWorld({ imports, exports })),
      grants: usesOf(uses),
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
  const module = readModule(outline);
  return module.kind === "core"
    ? describeCore(module, head)
    : unreadable(head, "it is a component");
}

function describeCore(module: CoreModuleInfo, head: Head): ProgramRequirements {
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

function unreadable(head: Head, problem: string): ProgramRequirements {
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
