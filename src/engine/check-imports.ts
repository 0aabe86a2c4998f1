import { type Problems, show } from "./problems.js";

/** A function of the app; its arguments and result are as jco maps the component's types. */
export type HostFunction = (...args: never[]) => unknown;

/**
 * Functions of the app that components may import: those of the world by their names, those of interfaces in an
 * object by the interface's name, with or without a version.
 */
export interface HostImports {
  readonly [name: string]: HostFunction | Readonly<Record<string, HostFunction>>;
}

/** By interface, "" for those of the world, then by name. */
export type HostFunctions = ReadonlyMap<string, ReadonlyMap<string, HostFunction>>;

export const NO_HOST_FUNCTIONS: HostFunctions = new Map();

/** Reads the option `imports`, each property once. */
export function checkImports(imports: unknown, problems: Problems): HostFunctions {
  if (typeof imports !== "object" || imports === null) {
    problems.add(`imports: must be an object, not ${show(imports)}`);
    return NO_HOST_FUNCTIONS;
  }
  const found = new Map<string, Map<string, HostFunction>>();
  const add = (interfaceName: string, name: string, call: HostFunction): void => {
    const functions = found.get(interfaceName) ?? new Map<string, HostFunction>();
    found.set(interfaceName, functions.set(name, call));
  };
  try {
    for (const [name, item] of Object.entries(imports)) {
      if (isFunction(item)) add("", name, item);
      else if (typeof item !== "object" || item === null) {
        problems.add(
          `imports.${name}: must be a function or an object of functions, not ${show(item)}`,
        );
      } else {
        for (const [member, call] of Object.entries(item as object)) {
          // Methods keep their object.
          if (isFunction(call)) add(name, member, call.bind<HostFunction>(item));
          else problems.add(`imports.${name}.${member}: must be a function, not ${show(call)}`);
        }
      }
    }
  } catch (error) {
    problems.unreadable("imports", error);
  }
  return found;
}

function isFunction(value: unknown): value is HostFunction {
  return typeof value === "function";
}
