import { ModuleFormatError } from "../byte-reader.js";
import type { TypeEntity } from "./world-scope.js";
import type { PrimitiveType, ResourceShape, TypeIndex, ValueType } from "./world-types.js";

/** How deep a value may be nested: who looks at one goes as deep. Tools write ten at most. */
export const MAX_VALUE_DEPTH = 100;

/** Collects the types and resources of a world. */
export class TypeTable {
  readonly types: ValueType[] = [];
  readonly #resources: { name: string; imported: boolean }[] = [];
  readonly #primitives = new Map<string, TypeIndex>();
  readonly #depths: number[] = [];

  get resources(): readonly ResourceShape[] {
    return this.#resources;
  }

  primitive(kind: PrimitiveType | "error-context"): TypeIndex {
    const known = this.#primitives.get(kind);
    if (known !== undefined) return known;
    const index = this.#add({ kind });
    this.#primitives.set(kind, index);
    return index;
  }

  value(type: ValueType): TypeEntity & { readonly kind: "value" } {
    return { kind: "value", type: this.#add(type) };
  }

  resource(name: string, imported: boolean): TypeEntity & { readonly kind: "resource" } {
    this.#resources.push({ name, imported });
    return { kind: "resource", resource: this.#resources.length - 1 };
  }

  /** The name under which its component exports or imports it. */
  rename(resource: number, name: string): void {
    const shape = this.#resources[resource];
    if (shape !== undefined) shape.name = name;
  }

  #add(type: ValueType): TypeIndex {
    const depth =
      1 + partsOf(type).reduce((most, part) => Math.max(most, this.#depths[part] ?? 0), 0);
    if (depth > MAX_VALUE_DEPTH) {
      throw new ModuleFormatError(`values nested deeper than ${MAX_VALUE_DEPTH}`);
    }
    this.#depths.push(depth);
    this.types.push(type);
    return this.types.length - 1;
  }
}

/** The types of which a type is made. */
export function partsOf(type: ValueType): readonly TypeIndex[] {
  switch (type.kind) {
    case "record":
      return type.fields.map(([, part]) => part);
    case "variant":
      return type.cases.flatMap(([, part]) => (part === undefined ? [] : [part]));
    case "list":
      return [type.element];
    case "tuple":
      return type.elements;
    case "option":
      return [type.some];
    case "result":
      return [type.ok, type.err].filter((part) => part !== undefined);
    default:
      return [];
  }
}
