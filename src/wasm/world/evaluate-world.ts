import { ModuleFormatError } from "../byte-reader.js";
import type { Definition, Description, SortIndex, TypeDefinition, TypeUse } from "./definition.js";
import type { TypeTable } from "./type-table.js";
import {
  type Closure,
  type Entity,
  type FunctionType,
  type Instance,
  Scope,
  type TypeEntity,
} from "./world-scope.js";
import type { TypeIndex } from "./world-types.js";

/** Definitions looked at, with those of components that are instantiated several times: nested ones multiply. */
const MAX_STEPS = 500_000;
/** Instances inside of instances: tools write two or three. */
const MAX_NESTING = 64;

/** Says what a component's definitions are, one after the other, as an instantiation would. */
export class WorldEvaluator {
  readonly #table: TypeTable;
  #steps = 0;
  #nesting = 0;

  constructor(table: TypeTable) {
    this.#table = table;
  }

  /** `given`: what an import gets; without one, it is made from its description. */
  component(
    { body, scope: parent }: { body: readonly Definition[]; scope: Scope | undefined },
    given: (name: string) => Entity | undefined,
    imported: (name: string, entity: Entity) => void = () => undefined,
  ): Map<string, Entity> {
    if (++this.#nesting > MAX_NESTING) {
      throw new ModuleFormatError(`instances deeper than ${MAX_NESTING}`);
    }
    const scope = new Scope(parent);
    const exports = new Map<string, Entity>();
    for (const definition of body) {
      if (++this.#steps > MAX_STEPS) {
        throw new ModuleFormatError(`more than ${MAX_STEPS} definitions, with those of its parts`);
      }
      if (definition.kind === "import") {
        const { name, description } = definition;
        const entity = given(name) ?? this.#described(description, scope, name, true);
        imported(name, entity);
        scope.add(entity);
      } else if (definition.kind === "export") {
        const entity = find(scope, definition.item);
        exports.set(definition.name, entity);
        scope.add(entity);
      } else if (definition.kind === "export-type") {
        const entity = this.#described(definition.description, scope, definition.name, true);
        exports.set(definition.name, entity);
        scope.add(entity);
      } else scope.add(this.#define(definition, scope));
    }
    this.#nesting--;
    return exports;
  }

  #define(
    definition: Exclude<Definition, { kind: "import" | "export" | "export-type" }>,
    scope: Scope,
  ): Entity {
    switch (definition.kind) {
      case "type":
        return { sort: "type", type: this.#type(definition.type, scope) };
      case "component":
        return { sort: "component", component: { body: definition.body, scope } };
      case "lift":
        return { sort: "function", type: functionType(scope, definition.type) };
      case "bundle":
        return { sort: "instance", exports: bundle(scope, definition.exports) };
      case "alias-outer":
        return find(scope.outer(definition.count), definition);
      case "alias-export": {
        const { exports } = scope.get("instance", definition.instance);
        const entity = exports.get(definition.name);
        if (entity === undefined || entity.sort !== definition.sort) {
          // Core things of instances are not looked at.
          if (definition.sort === "core" || definition.sort === "value")
            return { sort: definition.sort };
          throw new ModuleFormatError(
            `an instance does not export the ${definition.sort} of an alias`,
          );
        }
        return entity;
      }
      case "instantiate": {
        const { component } = scope.get("component", definition.component);
        if (component === undefined) {
          throw new ModuleFormatError("a component that is imported is instantiated");
        }
        const args = bundle(scope, definition.args);
        return { sort: "instance", exports: this.component(component, (name) => args.get(name)) };
      }
    }
  }

  #described(description: Description, scope: Scope, name: string, imported: boolean): Entity {
    switch (description.sort) {
      case "function":
        return { sort: "function", type: functionType(scope, description.type) };
      case "type":
        return description.equals === undefined
          ? { sort: "type", type: this.#table.resource(name, imported) }
          : scope.get("type", description.equals);
      case "instance": {
        const type = scope.get("type", description.type).type;
        if (type.kind !== "instance") throw new ModuleFormatError("no type of an instance");
        return { sort: "instance", exports: this.#instanceOf(type) };
      }
      case "component":
        return { sort: "component", component: undefined };
      default:
        return { sort: description.sort };
    }
  }

  #instanceOf(type: Closure): Instance {
    return this.component(type, () => undefined);
  }

  #type(definition: TypeDefinition, scope: Scope): TypeEntity {
    const use = (type: TypeUse): TypeIndex => this.#use(type, scope);
    const maybe = (type: TypeUse | undefined) => (type === undefined ? undefined : use(type));
    switch (definition.kind) {
      case "function": {
        const { params, result, async } = definition;
        const named = params.map(([name, type]) => [name, use(type)] as const);
        return { kind: "function", type: { params: named, result: maybe(result), async } };
      }
      case "instance":
      case "component":
        return { kind: definition.kind, body: definition.body, scope };
      case "resource":
        return this.#table.resource("", false);
      case "primitive":
        return { kind: "value", type: use(definition.type) };
      case "own":
      case "borrow": {
        const { type } = scope.get("type", definition.type);
        if (type.kind !== "resource")
          throw new ModuleFormatError("a handle of what is no resource");
        const { resource } = type;
        return this.#table.value({ kind: definition.kind, resource });
      }
      case "record": {
        const fields = definition.fields.map(([name, type]) => [name, use(type)] as const);
        return this.#table.value({ kind: "record", fields });
      }
      case "variant": {
        const cases = definition.cases.map(([name, type]) => [name, maybe(type)] as const);
        return this.#table.value({ kind: "variant", cases });
      }
      case "list": {
        const { length } = definition;
        const element = use(definition.element);
        return this.#table.value(
          length === undefined ? { kind: "list", element } : { kind: "list", element, length },
        );
      }
      case "tuple":
        return this.#table.value({ kind: "tuple", elements: definition.elements.map(use) });
      case "option":
        return this.#table.value({ kind: "option", some: use(definition.some) });
      case "result": {
        const { ok, err } = definition;
        return this.#table.value({ kind: "result", ok: maybe(ok), err: maybe(err) });
      }
      case "flags":
      case "enum":
        return this.#table.value({ kind: definition.kind, labels: definition.labels });
      case "stream":
      case "future":
        return this.#table.value({ kind: definition.kind });
    }
  }

  #use(type: TypeUse, scope: Scope): TypeIndex {
    if (typeof type === "string") return this.#table.primitive(type);
    const entity = scope.get("type", type).type;
    if (entity.kind !== "value") throw new ModuleFormatError(`type ${type} is none of values`);
    return entity.type;
  }
}

function find(scope: Scope, { sort, index }: SortIndex): Entity {
  // Core things and values have numbers that are not counted here.
  if (sort === "core" || sort === "value") return { sort };
  return scope.get(sort, index);
}

function bundle(
  scope: Scope,
  named: readonly (readonly [string, SortIndex])[],
): Map<string, Entity> {
  return new Map(named.map(([name, item]) => [name, find(scope, item)]));
}

function functionType(scope: Scope, index: number): FunctionType {
  const { type } = scope.get("type", index);
  if (type.kind !== "function") throw new ModuleFormatError(`type ${index} is none of functions`);
  return type.type;
}
