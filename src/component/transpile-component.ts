import { Script } from "node:vm";
import { SafedockError } from "../base/errors.js";
import { printable, printableList } from "../base/printable.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import { readWorldTypes } from "../wasm/world/read-world-types.js";
import type { WorldTypes } from "../wasm/world/world-types.js";
import { mistakenType } from "./mistaken-type.js";
import { assertSafeNames } from "./name-safety.js";
import { GENERATE_OPTIONS } from "./prepare-key.js";
import type { ComponentProgram, PreparedComponent } from "./prepared-component.js";
import { unknownImports } from "./unknown-imports.js";
import { unsupportedPart, unsupportedType } from "./unsupported-parts.js";
import { wrapScript } from "./wrap-script.js";

/** Core modules of one component: tools write four for each that they compose. */
const MAX_CORES = 256;
/** Bytes of generated code: a world with all of WASI 0.2 takes 2 MB. */
const MAX_SCRIPT_BYTES = 16 * 2 ** 20;
/** Longest text of jco's that a message repeats, in characters: its causes take some lines. */
const MAX_PROBLEM = 500;

const COMMAND = /^wasi:cli\/run@0\.2\./;
const HTTP = /^wasi:http\/incoming-handler@0\.2\./;

/** What is used of jco. */
export interface Transpiler {
  readonly $init: Promise<void>;
  generate(
    component: Uint8Array,
    options: typeof GENERATE_OPTIONS,
  ): { readonly files: readonly (readonly [string, Uint8Array])[] };
}

/**
 * Takes a component apart, after its names were found to be harmless. For a thread that does nothing else
 * and ends then: one component may spoil the transpiler for the next.
 *
 * @throws SafedockError `ERR_COMPONENT_INVALID`, `ERR_COMPONENT_NAME_UNSAFE`, `ERR_COMPONENT_UNSUPPORTED`,
 * `ERR_IMPORT_UNKNOWN`
 */
export async function transpileComponent(
  bytes: Uint8Array,
  { component, key }: { readonly component: string; readonly key: string },
  load: () => Promise<Transpiler>,
): Promise<PreparedComponent> {
  assertSafeNames(bytes, component);
  const part = read(() => unsupportedPart(bytes), component);
  assertSupported(part, component);
  const types = read(() => readWorldTypes(bytes), component);
  assertSupported(unsupportedType(types), component);
  const mistaken = mistakenType(types);
  if (mistaken !== undefined) throw invalid(component, mistaken);
  const unknown = unknownImports(types);
  if (unknown.length > 0) throw notProvided(component, unknown);
  const jco = await load();
  await jco.$init;
  const files = new Map(generated(() => jco.generate(bytes, GENERATE_OPTIONS).files, component));
  const source = files.get("c.js");
  const cores = [...files].filter(([name]) => name.endsWith(".wasm"));
  if (source === undefined) throw invalid(component, "jco has made no script of it");
  if (cores.length > MAX_CORES) {
    throw invalid(
      component,
      `it has ${cores.length} core modules, at most ${MAX_CORES} are accepted`,
    );
  }
  if (source.length > MAX_SCRIPT_BYTES) {
    throw invalid(component, `the code that binds it has more than ${MAX_SCRIPT_BYTES} bytes`);
  }
  const { script, instances } = wrapScript(Buffer.from(source).toString(), component);
  const numbers = new Map(cores.map(([name], index) => [name, index]));
  return {
    key,
    script,
    codeCache: codeCacheOf(script, component),
    cores: cores.map(([name, core]) => ({ name, bytes: core })),
    instances: instances.map((name) => {
      const index = numbers.get(name);
      if (index === undefined) throw invalid(component, `jco has made no ${name} of it`);
      return index;
    }),
    imports: types.imports.map(({ name }) => name),
    exports: types.exports.map(({ name }) => name),
    types,
    programs: programsOf(types),
  };
}

function read<T>(reads: () => T, component: string): T {
  try {
    return reads();
  } catch (error) {
    if (error instanceof ModuleFormatError) throw invalid(component, error.message);
    throw error;
  }
}

/** Whatever jco throws, the component has provoked it: it traps on some, and runs out of memory or stack. */
function generated<T>(generate: () => T, component: string): T {
  try {
    return generate();
  } catch (error) {
    const { payload, message } = error as {
      readonly payload?: unknown;
      readonly message?: unknown;
    };
    const text = typeof payload === "string" ? payload : String(message);
    throw invalid(component, text.replaceAll(/\s+/g, " ").trim());
  }
}

/**
 * V8's code of the script and of `instantiate`, which saves a worker 5 ms. To be compiled, `instantiate` has
 * to be called; it stops where it asks for the first core module.
 */
function codeCacheOf(text: string, component: string): Uint8Array {
  const stop = new Error("instantiate has begun");
  try {
    const script = new Script(text, { filename: "component.js" });
    const bind = script.runInThisContext() as (scope: object) => (get: () => never) => void;
    try {
      bind({ WebAssembly, globalThis: { WebAssembly } })(() => {
        throw stop;
      });
    } catch (error) {
      if (error !== stop && error instanceof SyntaxError) throw error;
    }
    return script.createCachedData();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(component, `jco has made code of it that is not JavaScript: ${error.message}`);
  }
}

function programsOf({ exports }: WorldTypes): readonly ComponentProgram[] {
  const programs: ComponentProgram[] = [];
  if (exports.some(({ name }) => COMMAND.test(name))) programs.push("command");
  if (exports.some(({ name }) => HTTP.test(name))) programs.push("http");
  return programs;
}

function invalid(component: string, text: string): SafedockError {
  const problem = printable(text, MAX_PROBLEM);
  return new SafedockError(
    "ERR_COMPONENT_INVALID",
    `${component} is not a valid component: ${problem}`,
    { data: { module: component, problem } },
  );
}

function assertSupported(problem: string | undefined, module: string): void {
  if (problem === undefined) return;
  throw new SafedockError("ERR_COMPONENT_UNSUPPORTED", `${module} cannot be run: ${problem}`, {
    data: { module, problem },
    hint: "build it for WASI 0.2",
  });
}

function notProvided(module: string, imports: readonly string[]): SafedockError {
  const listed = printableList(imports);
  return new SafedockError(
    "ERR_IMPORT_UNKNOWN",
    `${module} imports functions that WASI 0.2 does not have, or that are not provided: ${listed}`,
    { data: { module, imports }, hint: "build it for WASI 0.2.12 or an earlier 0.2" },
  );
}
