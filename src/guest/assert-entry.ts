import { SafedockError } from "../base/errors.js";
import type { CompiledComponent, CompiledModule } from "./compiled-module.js";
import type { GuestSpec } from "./guest-spec.js";

/**
 * Results that JavaScript can be given: it throws for vectors and for exceptions as values. For a
 * parameter it would make up a value, or throw.
 */
const CALLABLE = /^\(\) -> \((?:(?:i32|i64|f32|f64)(?:, )?)*\)$/;

/** Throws `ERR_MODULE_INVALID` when the module does not export what is to be called, or not callable. */
export function assertEntry(spec: GuestSpec, module: CompiledModule): void {
  if (module.component !== undefined) return assertProgram(spec, module, module.component);
  const { entry = "_start" } = spec;
  const called = findFunction(module, entry);
  if (called === undefined) throw invalid(module, `it does not export a function "${entry}"`);
  assertCallable(module, entry, called.signature);
  if (entry === "_start") return;
  // A library's is called before any other function.
  const initialize = findFunction(module, "_initialize");
  if (initialize !== undefined) assertCallable(module, "_initialize", initialize.signature);
}

/** A component is run as the world it was made for. */
function assertProgram(
  { entry, program = "command" }: GuestSpec,
  module: CompiledModule,
  { programs }: CompiledComponent,
): void {
  if (entry !== undefined) {
    throw invalid(module, `it is a component, of which no function "${entry}" can be the program`);
  }
  const needed = program === "http-fresh" ? "http" : program;
  if (needed === "calls" || programs.includes(needed)) return;
  const wanted = needed === "command" ? "wasi:cli/run" : "wasi:http/incoming-handler";
  throw new SafedockError("ERR_MODULE_INVALID", `${module.name}: it does not export ${wanted}`, {
    data: { module: module.name, problem: `it does not export ${wanted}` },
    hint: "call its functions with container.call, or choose a component of that world",
  });
}

function findFunction({ exports }: CompiledModule, wanted: string) {
  return exports.find(({ name, kind }) => name === wanted && kind === "function");
}

function assertCallable(module: CompiledModule, name: string, signature = "() -> ()"): void {
  if (CALLABLE.test(signature)) return;
  throw invalid(module, `its function "${name}" is ${signature}, not () -> ()`);
}

function invalid(module: CompiledModule, problem: string): SafedockError {
  return new SafedockError("ERR_MODULE_INVALID", `${module.name}: ${problem}`, {
    data: { module: module.name, problem },
    hint: "name an exported function as the entry",
  });
}
