import { WorldEvaluator } from "./evaluate-world.js";
import { readDefinitions } from "./read-definitions.js";
import { TypeTable } from "./type-table.js";
import type { Entity, FunctionType } from "./world-scope.js";
import type { FunctionShape, WorldItem, WorldTypes } from "./world-types.js";

/**
 * Reads the types of all functions that a component imports and exports, those of its interfaces and those of
 * the world itself. Nested components are followed, for the exported interfaces are instances of such.
 *
 * Throws a `ModuleFormatError` for bytes that are no component of the versions that are run.
 */
export function readWorldTypes(bytes: Uint8Array): WorldTypes {
  const table = new TypeTable();
  const imports: WorldItem[] = [];
  const evaluator = new WorldEvaluator(table);
  const body = readDefinitions(bytes);
  const exported = evaluator.component(
    { body, scope: undefined },
    () => undefined,
    (name, entity) => {
      const item = describe(name, entity, table);
      if (item !== undefined) imports.push(item);
    },
  );
  const exports: WorldItem[] = [];
  for (const [name, entity] of exported) {
    const item = describe(name, entity, table);
    if (item !== undefined) exports.push(item);
  }
  return { types: table.types, resources: table.resources, imports, exports };
}

function describe(name: string, entity: Entity, table: TypeTable): WorldItem | undefined {
  if (entity.sort === "function") {
    return { name, isFunction: true, functions: [shape(name, entity.type)] };
  }
  if (entity.sort === "type" && entity.type.kind === "resource") {
    nameResource(table, entity.type.resource, name);
    return undefined;
  }
  if (entity.sort !== "instance") return undefined;
  const functions: FunctionShape[] = [];
  for (const [member, part] of entity.exports) {
    if (part.sort === "function") functions.push(shape(member, part.type));
    else if (part.sort === "type" && part.type.kind === "resource") {
      nameResource(table, part.type.resource, `${name}#${member}`);
    }
  }
  return { name, isFunction: false, functions };
}

function shape(name: string, { params, result, async }: FunctionType): FunctionShape {
  return { name, params, result, async };
}

/** The first interface that has it gives it its name; others only use it. */
function nameResource(table: TypeTable, resource: number, name: string): void {
  const known = table.resources[resource]?.name ?? "";
  if (!known.includes("#")) table.rename(resource, name);
}
