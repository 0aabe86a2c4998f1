import { camelCase } from "../component/generated-names.js";
import { RESOURCE_KEY } from "../guest/call-message.js";
import { partsOf } from "../wasm/world/type-table.js";
import type { FunctionShape, TypeIndex, WorldTypes } from "../wasm/world/world-types.js";

/** Types of a world in which there are handles; others are not looked into. */
export function typesWithHandles({ types }: WorldTypes): ReadonlySet<TypeIndex> {
  const found = new Set<TypeIndex>();
  // A type comes after those of which it is made.
  types.forEach((type, index) => {
    const isHandle = type.kind === "own" || type.kind === "borrow";
    if (isHandle || partsOf(type).some((part) => found.has(part))) found.add(index);
  });
  return found;
}

/** Whether there are handles among a function's parameters or in its result. */
export function hasHandles(shape: FunctionShape, found: ReadonlySet<TypeIndex>): boolean {
  const { params, result } = shape;
  return params.some(([, type]) => found.has(type)) || (result !== undefined && found.has(result));
}

/** Puts handles in the place of what stands for resources in a value that has come from a component. */
export function leaveValue(
  world: WorldTypes,
  index: TypeIndex | undefined,
  value: unknown,
  handle: (number: number, resource: number) => unknown,
): unknown {
  const type = index === undefined ? undefined : world.types[index];
  if (type === undefined || value === undefined || value === null) return value;
  const leave = (part: TypeIndex | undefined, item: unknown): unknown =>
    leaveValue(world, part, item, handle);
  switch (type.kind) {
    case "own":
    case "borrow": {
      const number = (value as Record<string, unknown>)[RESOURCE_KEY];
      return typeof number === "number" ? handle(number, type.resource) : value;
    }
    case "list":
      return Array.isArray(value) ? value.map((item) => leave(type.element, item)) : value;
    case "tuple":
      return (value as unknown[]).map((item, place) => leave(type.elements[place], item));
    case "record": {
      const record = { ...(value as Record<string, unknown>) };
      for (const [name, part] of type.fields) {
        const field = camelCase(name);
        record[field] = leave(part, record[field]);
      }
      return record;
    }
    case "variant": {
      const { tag, val } = value as { tag: string; val: unknown };
      return { tag, val: leave(type.cases.find(([name]) => name === tag)?.[1], val) };
    }
    case "result": {
      const { tag, val } = value as { tag: string; val: unknown };
      return { tag, val: leave(tag === "ok" ? type.ok : type.err, val) };
    }
    case "option": {
      if (world.types[type.some]?.kind !== "option") return leave(type.some, value);
      const { tag, val } = value as { tag: string; val: unknown };
      return { tag, val: leave(type.some, val) };
    }
    default:
      return value;
  }
}
