import { ModuleFormatError } from "../byte-reader.js";
import type { Definition, Sort } from "./definition.js";
import type { FunctionShape, TypeIndex } from "./world-types.js";

export type FunctionType = Omit<FunctionShape, "name">;

/** A component or the type of an instance or component, with the scope in which it stands. */
export interface Closure {
  readonly body: readonly Definition[];
  readonly scope: Scope;
}

/** What a number of the type space stands for. */
export type TypeEntity =
  | { readonly kind: "value"; readonly type: TypeIndex }
  | { readonly kind: "resource"; readonly resource: number }
  | { readonly kind: "function"; readonly type: FunctionType }
  | ({ readonly kind: "instance" | "component" } & Closure);

/** Exports of an instance, by name. */
export type Instance = ReadonlyMap<string, Entity>;

export type Entity =
  | { readonly sort: "function"; readonly type: FunctionType }
  | { readonly sort: "type"; readonly type: TypeEntity }
  | { readonly sort: "instance"; readonly exports: Instance }
  | { readonly sort: "component"; readonly component: Closure | undefined }
  | { readonly sort: "core" | "value" };

/** The index spaces of one component, or of one type of an instance or component. */
export class Scope {
  readonly parent: Scope | undefined;
  readonly #spaces = new Map<Sort, Entity[]>();

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  add(entity: Entity): void {
    const space = this.#spaces.get(entity.sort);
    if (space === undefined) this.#spaces.set(entity.sort, [entity]);
    else space.push(entity);
  }

  get<S extends Sort>(sort: S, index: number): Extract<Entity, { readonly sort: S }> {
    const entity = this.#spaces.get(sort)?.[index];
    if (entity === undefined) throw new ModuleFormatError(`there is no ${sort} ${index}`);
    return entity as Extract<Entity, { readonly sort: S }>;
  }

  /** The scope `count` further out. */
  outer(count: number): Scope {
    if (count === 0) return this;
    if (this.parent === undefined) throw new ModuleFormatError("an alias leads out of everything");
    return this.parent.outer(count - 1);
  }
}
