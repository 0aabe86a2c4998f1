import { deserialize, serialize } from "node:v8";
import type { HostReply, HostService } from "../base/host-service.js";
import { SafedockError } from "../base/errors.js";
import { printable, printableList } from "../base/printable.js";
import type { CompiledModule } from "../guest/compiled-module.js";
import {
  IMPORT_ERROR,
  IMPORT_OK,
  IMPORT_TRAP,
  type ImportMessage,
  type ImportOutcome,
} from "../guest/call-message.js";
import type { FunctionShape, TypeIndex, WorldItem, WorldTypes } from "../wasm/world/world-types.js";
import { enterValue, ValueProblem } from "./component-value.js";
import type { HostFunction, HostFunctions } from "./check-imports.js";
import { isNamed } from "./find-function.js";
import { bestVersion } from "./interface-version.js";
import { hasHandles, typesWithHandles } from "./leave-value.js";

/** What of WASI 0.2 every component has; all else that it imports is for the app to give. */
const OWN_PACKAGES: ReadonlySet<string> = new Set([
  "wasi:io",
  "wasi:cli",
  "wasi:clocks",
  "wasi:random",
  "wasi:filesystem",
  "wasi:http",
  "wasi:sockets",
  "wasi:config",
  "wasi:keyvalue",
  "wasi:logging",
]);

interface Provided {
  readonly shape: FunctionShape;
  readonly call: HostFunction;
}

/** The functions of the app that one component imports. */
export interface MatchedImports {
  /** Interface (or "") and function, as the component names them. */
  readonly names: readonly (readonly [string, string])[];
  readonly service: HostService;
}

/**
 * Finds the app's functions for all that a component imports beside WASI; undefined if it imports nothing.
 *
 * @throws SafedockError `ERR_IMPORT_UNKNOWN` that names all that are not given; `ERR_COMPONENT_UNSUPPORTED` for
 * functions over resources, which the app cannot give
 */
export function matchImports(
  { name: module, component }: CompiledModule,
  given: HostFunctions,
): MatchedImports | undefined {
  if (component === undefined) return undefined;
  const { types } = component;
  const wanted = types.imports.filter(
    ({ name, functions }) => functions.length > 0 && !OWN_PACKAGES.has(packageOf(name)),
  );
  if (wanted.length === 0) return undefined;
  const handles = typesWithHandles(types);
  const provided = new Map<string, Provided>();
  const names: (readonly [string, string])[] = [];
  const missing: string[] = [];
  for (const item of wanted) {
    const functions = functionsFor(item, given);
    for (const shape of item.functions) {
      const label = item.isFunction ? shape.name : `${item.name}#${shape.name}`;
      if (hasHandles(shape, handles)) throw resourceImported(module, label);
      const found = [...functions].find(([name]) => isNamed(shape.name, name));
      if (found === undefined) {
        missing.push(label);
        continue;
      }
      const interfaceName = item.isFunction ? "" : item.name;
      provided.set(`${interfaceName}#${shape.name}`, { shape, call: found[1] });
      names.push([interfaceName, shape.name]);
    }
  }
  if (missing.length > 0) throw importsMissing(module, missing);
  return { names, service: new ImportService(types, provided) };
}

function packageOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf("/")));
}

const NONE: ReadonlyMap<string, HostFunction> = new Map();

function functionsFor(
  { name, isFunction }: WorldItem,
  given: HostFunctions,
): ReadonlyMap<string, HostFunction> {
  if (isFunction) return given.get("") ?? NONE;
  const best = bestVersion(name, [...given.keys()]) ?? name.replace(/@.*$/, "");
  return given.get(best) ?? NONE;
}

/** The functions of the app, called by one process. */
class ImportService implements HostService {
  readonly #types: WorldTypes;
  readonly #provided: ReadonlyMap<string, Provided>;

  constructor(types: WorldTypes, provided: ReadonlyMap<string, Provided>) {
    this.#types = types;
    this.#provided = provided;
  }

  async call(_op: string, _head: unknown, body: Uint8Array): Promise<HostReply> {
    const [interfaceName, name, args] = deserialize(body) as ImportMessage;
    const provided = this.#provided.get(`${interfaceName}#${name}`);
    const outcome: ImportOutcome =
      provided === undefined
        ? [IMPORT_TRAP, "there is no such function"]
        : await this.#perform(provided, args);
    return { body: serialize(outcome) };
  }

  async #perform({ shape, call }: Provided, args: readonly unknown[]): Promise<ImportOutcome> {
    const type = shape.result === undefined ? undefined : this.#types.types[shape.result];
    const isResult = type?.kind === "result";
    try {
      const value: unknown = await call(...(args as never[]));
      return [IMPORT_OK, this.#checked(isResult ? type.ok : shape.result, value)];
    } catch (error) {
      if (!isResult || !hasPayload(error)) return [IMPORT_TRAP, messageOf(error)];
      try {
        return [IMPORT_ERROR, this.#checked(type.err, error.payload)];
      } catch (problem) {
        return [IMPORT_TRAP, messageOf(problem)];
      }
    }
  }

  #checked(type: TypeIndex | undefined, value: unknown): unknown {
    if (type === undefined) return undefined;
    return enterValue(this.#types, type, value, "its result", (_value, _resource, _isOwn, at) => {
      throw new ValueProblem(at, "a resource cannot be given");
    });
  }
}

function hasPayload(error: unknown): error is { readonly payload: unknown } {
  return typeof error === "object" && error !== null && Object.hasOwn(error, "payload");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function importsMissing(module: string, imports: readonly string[]): SafedockError {
  const listed = printableList(imports);
  return new SafedockError(
    "ERR_IMPORT_UNKNOWN",
    `${module} imports what neither WASI 0.2 nor the option imports provides: ${listed}`,
    { data: { module, imports }, hint: "give its functions with the option imports" },
  );
}

function resourceImported(module: string, label: string): SafedockError {
  const problem = `it imports ${printable(label)}, which is about resources`;
  return new SafedockError("ERR_COMPONENT_UNSUPPORTED", `${module} cannot be run: ${problem}`, {
    data: { module, problem },
    hint: "functions of the app take and give values alone",
  });
}
