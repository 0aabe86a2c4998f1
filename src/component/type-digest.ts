import { createHash } from "node:crypto";
import type { FunctionShape, TypeIndex, ValueType, WorldTypes } from "../wasm/world/world-types.js";

/** Hexadecimal digits: 64 bits, too many for a type that is made to have another's digest. */
const DIGITS = 16;

/**
 * What functions and types of one world come down to: equal texts for equal types of the component model, whatever
 * a type is called and wherever it is defined. Resources are told by their interface without its version, and name.
 */
export class TypeDigests {
  readonly #world: WorldTypes;
  /** By type: each is looked at once, however often a hostile component repeats it. */
  readonly #known: (string | undefined)[] = [];

  constructor(world: WorldTypes) {
    this.#world = world;
  }

  /** What its parameters are called is not told: no value depends on it. */
  ofFunction({ params, result }: FunctionShape): string {
    const given = params.map(([, type]) => this.#of(type));
    return digest(`func(${given.join()})->${this.#of(result)}`);
  }

  #of(index: TypeIndex | undefined): string {
    if (index === undefined) return "_";
    const type = this.#world.types[index];
    if (type === undefined) return "?";
    return (this.#known[index] ??= this.#text(type));
  }

  #text(type: ValueType): string {
    switch (type.kind) {
      case "record":
        return digest(`record{${this.#named(type.fields)}}`);
      case "variant":
        return digest(`variant{${this.#named(type.cases)}}`);
      case "tuple":
        return digest(`tuple<${type.elements.map((element) => this.#of(element)).join()}>`);
      case "list":
        return digest(`list<${this.#of(type.element)},${type.length ?? ""}>`);
      case "option":
        return digest(`option<${this.#of(type.some)}>`);
      case "result":
        return digest(`result<${this.#of(type.ok)},${this.#of(type.err)}>`);
      case "flags":
      case "enum":
        return digest(`${type.kind}{${type.labels.join()}}`);
      case "own":
      case "borrow":
        return `${type.kind}<${withoutVersion(this.#world.resources[type.resource]?.name ?? "")}>`;
      default:
        return type.kind;
    }
  }

  #named(entries: readonly (readonly [string, TypeIndex | undefined])[]): string {
    return entries.map(([name, type]) => `${name}:${this.#of(type)}`).join();
  }
}

/** `wasi:io/streams@0.2.3#input-stream` → `wasi:io/streams#input-stream` */
export function withoutVersion(name: string): string {
  return name.replace(/@[^#]*/, "");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}
