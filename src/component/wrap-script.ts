import { SafedockError } from "../base/errors.js";
import { mendScript } from "./mend-script.js";
import { shareRuntime } from "./share-runtime.js";

/**
 * What the generated code may be given: every name of a worker through which more than the language can be
 * reached. The loader passes an object with those that it needs; the others are undefined for the script.
 */
export const SCRIPT_SCOPE = [
  "WebAssembly",
  "console",
  "globalThis",
  "process",
  "queueMicrotask",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "global",
  "require",
  "module",
  "exports",
  "Buffer",
  "Function",
  "Worker",
  "MessageChannel",
  "BroadcastChannel",
  // A dropped handle would call into its guest's code when another guest is there.
  "FinalizationRegistry",
  // Ours: no name of a component begins so.
  "_boundLazily",
  "_isPlainText",
  "_newList",
  "_textDecoder",
  "fetch",
  // Names that jco forgets to declare, in messages of errors that it never comes to.
  "rep",
  "componentIdx",
] as const;

const HEAD = '"use components";\n';
const BEGIN = "export function instantiate(getCoreModule, imports, instantiateCore = ";
const UTIL = "\nexport const _util = {";
/** A statement of the generated code; text from the component is always inside quotes, on one line. */
const MODULE = /^ *const module(\d+) = getCoreModule\('([^'\n]+)'\);$/gm;
const INSTANCE = /^ *\(\{ exports: exports\d+ \} = instantiateCore\(module(\d+)[,)]/gm;
const ANY_INSTANCE = /^ *\(\{ exports: exports\d+ \} = /gm;

/** The generated module as a script. */
export interface WrappedScript {
  readonly script: string;
  /** For each core instance, in order, the file of its module: `c.core.wasm`. */
  readonly instances: readonly string[];
}

/**
 * Makes a script of the module that jco has generated: its value is a function of an object with names of
 * {@link SCRIPT_SCOPE}, whose answer is `instantiate`.
 *
 * @throws SafedockError `ERR_COMPONENT_UNSUPPORTED` for a module of another form: jco was changed.
 */
export function wrapScript(generated: string, component: string): WrappedScript {
  const util = generated.lastIndexOf(UTIL);
  if (!generated.startsWith(HEAD + BEGIN) || util < 0 || generated.indexOf(UTIL) !== util) {
    throw otherForm(component);
  }
  const body = shareRuntime(
    mendScript(
      generated.slice(HEAD.length + "export ".length, util) +
        generated.slice(util).replace("export ", ""),
    ),
  );
  const script = `"use strict";(function ({ ${SCRIPT_SCOPE.join(", ")} }) {\n${body}\nreturn instantiate;\n})\n`;
  return { script, instances: instancesOf(body, component) };
}

function instancesOf(body: string, component: string): readonly string[] {
  const files = new Map<string, string>();
  for (const [, number = "", file = ""] of body.matchAll(MODULE)) files.set(number, file);
  const instances: string[] = [];
  for (const [, number = ""] of body.matchAll(INSTANCE)) {
    const file = files.get(number);
    if (file === undefined) throw otherForm(component);
    instances.push(file);
  }
  // None may be missed.
  if (instances.length !== [...body.matchAll(ANY_INSTANCE)].length) throw otherForm(component);
  return instances;
}

function otherForm(module: string): SafedockError {
  return new SafedockError(
    "ERR_COMPONENT_UNSUPPORTED",
    `${module} cannot be run: what jco makes of it has another form than expected`,
    {
      data: { module, problem: "jco's output has another form than expected" },
      hint: "install the version of @bytecodealliance/jco-transpile that safedock names",
    },
  );
}
