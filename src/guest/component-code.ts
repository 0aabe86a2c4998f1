import { Script } from "node:vm";
import type { CompiledComponent } from "./compiled-module.js";
import { isPlainText, textDecoder } from "./guest-text.js";
import { newList } from "./heap-room.js";
import type { ModuleMessage } from "./worker-messages.js";

/** What a component has of its host: by interface without its version, then by function or class. */
export type ComponentImports = Readonly<Record<string, object>>;
/** What an instance gives: its functions, and objects of functions and classes by interface. */
export type ComponentExports = Readonly<Record<string, unknown>>;

type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: ComponentImports,
  instantiateCore: (
    module: WebAssembly.Module,
    imports?: WebAssembly.Imports,
  ) => WebAssembly.Instance,
) => ComponentExports;

type Evaluate = (scope: Readonly<Record<string, unknown>>) => Instantiate;

/**
 * All that the generated code sees of the worker beside the language itself. A resource that a guest's code has
 * dropped must not run its destructor when another guest is there: it is never told.
 */
const SCOPED_WEBASSEMBLY = Object.freeze({
  Global: WebAssembly.Global,
  RuntimeError: WebAssembly.RuntimeError,
  // Without it the code tries the real one for each export, which costs more than all the rest on some Nodes.
  promising: (call: unknown) => call,
});
const SCOPE = Object.freeze({
  WebAssembly: SCOPED_WEBASSEMBLY,
  globalThis: Object.freeze({ WebAssembly: SCOPED_WEBASSEMBLY }),
  _boundLazily: boundLazily,
  _isPlainText: isPlainText,
  _newList: newList,
  _textDecoder: textDecoder,
  console: Object.freeze({ error: () => undefined, log: () => undefined, warn: () => undefined }),
  FinalizationRegistry: class {
    register(): void {
      // Nothing is told.
    }
    unregister(): void {
      // Nothing was registered.
    }
  },
});

/** As `call.bind(null, make())`, but that is made with the first call. */
function boundLazily<T extends object>(
  call: (first: T, ...rest: unknown[]) => unknown,
  make: () => T,
): (...args: unknown[]) => unknown {
  let first: T | undefined;
  return (...args) => call((first ??= make()), ...args);
}

/** A component as a worker keeps it: its script is evaluated with the first instance. */
export class ComponentCode {
  readonly #parts: Omit<CompiledComponent, "types">;
  readonly #modules: ReadonlyMap<string, WebAssembly.Module>;
  /** For each core instance, where its memories begin among those of all. */
  readonly #memoriesAt: readonly number[];
  #instantiate: Instantiate | undefined;

  constructor(parts: NonNullable<ModuleMessage["component"]>) {
    this.#parts = parts;
    this.#modules = new Map(parts.cores.map(({ name, module }) => [name, module]));
    let at = 0;
    this.#memoriesAt = parts.instances.map((index) => {
      const begin = at;
      at += parts.cores[index]?.memories.length ?? 0;
      return begin;
    });
  }

  /** Makes an instance over the memories of all its core instances, in their order. */
  instantiate(
    imports: ComponentImports,
    memories: readonly WebAssembly.Memory[],
  ): ComponentExports {
    this.#instantiate ??= this.#evaluate();
    const { cores, instances } = this.#parts;
    let next = 0;
    return this.#instantiate(
      (name) => {
        const module = this.#modules.get(name);
        if (module === undefined) throw new Error(`the component has no core module ${name}`);
        return module;
      },
      imports,
      (module, given = {}) => {
        const core = cores[instances[next] ?? -1];
        const from = this.#memoriesAt[next++] ?? 0;
        if (core?.module !== module) {
          throw new Error("the component makes other core instances than it was said to");
        }
        if (core.memories.length === 0) return new WebAssembly.Instance(module, given);
        const own = core.memories.map((_, index) => [String(index), memories[from + index]]);
        return new WebAssembly.Instance(module, {
          ...given,
          [core.memoryModule]: Object.fromEntries(own) as WebAssembly.ModuleImports,
        });
      },
    );
  }

  #evaluate(): Instantiate {
    const { script, codeCache } = this.#parts;
    const compiled = new Script(script, {
      filename: SCRIPT_NAME,
      ...(codeCache === undefined ? undefined : { cachedData: codeCache as Buffer }),
    });
    return (compiled.runInThisContext() as Evaluate)(SCOPE);
  }
}

/** As which a stack trace names a component's script; V8's cached code keeps the name it was made under. */
const SCRIPT_NAME = "component.js";
/** Files of our own are named with their whole path. */
const IN_GUEST = /wasm:\/\/|[ (]component\.js:/;

/** Frames of Node's own and of the language's functions: what they were given has made them throw. */
const BUILT_IN = /\((?:node:|<anonymous>)|at (?:node:|<anonymous>)|\(native\)/;

/**
 * Whether an error was thrown by generated code or by the guest: innermost, apart from functions of the
 * language that they have called.
 */
export function isThrownByGuest({ stack = "" }: Error): boolean {
  const innermost = stack
    .split("\n")
    .find((line) => line.startsWith("    at ") && !BUILT_IN.test(line));
  return innermost !== undefined && IN_GUEST.test(innermost);
}
