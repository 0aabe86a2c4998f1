import type { ImageProgram } from "./describe-program.js";
import type { ImageComponent } from "./image-component.js";

/** Tells whether what a stored record says of its program has the shape that was written. */
export function isImageProgram(value: unknown): value is ImageProgram {
  if (!isObject(value)) return false;
  const entry = "entry" in value ? value.entry : undefined;
  const world = "world" in value ? value.world : undefined;
  return (entry === undefined || isEntry(entry)) && (world === undefined || isWorld(world));
}

/** The same of a Spin application's components. */
export function isComponentList(value: unknown): value is ImageComponent[] {
  return Array.isArray(value) && value.every(isComponent);
}

function isEntry(value: unknown): boolean {
  if (!isObject(value) || !("path" in value && "kind" in value && "args" in value)) return false;
  const { path, kind, args } = value;
  const isKnown = kind === "core" || kind === "component";
  return typeof path === "string" && isKnown && isStringList(args);
}

function isWorld(value: unknown): boolean {
  if (!isObject(value) || !("kind" in value && "imports" in value && "exports" in value)) {
    return false;
  }
  const { kind, imports, exports } = value;
  return typeof kind === "string" && isStringList(imports) && isStringList(exports);
}

function isComponent(value: unknown): boolean {
  if (!isObject(value) || !("id" in value && "path" in value && "triggers" in value)) return false;
  const { id, path, triggers } = value;
  return typeof id === "string" && typeof path === "string" && Array.isArray(triggers);
}

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
