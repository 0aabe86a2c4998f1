import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { camelCase, pascalCase } from "../component/generated-names.js";
import {
  TARGET_CONSTRUCTOR,
  TARGET_FUNCTION,
  TARGET_METHOD,
  TARGET_STATIC,
} from "../guest/call-message.js";
import type { FunctionShape, WorldItem, WorldTypes } from "../wasm/world/world-types.js";
import { bestVersion } from "./interface-version.js";

/** A function that a component exports, and how its process calls it. */
export interface FoundFunction {
  /** For messages: `acme:db/store@1.2.0#[method]bucket.get`. */
  readonly label: string;
  readonly shape: FunctionShape;
  readonly target: number;
  readonly interfaceName: string;
  readonly className: string;
  readonly member: string;
}

/** Names that a message lists. */
const MAX_LISTED = 20;

/**
 * Finds an exported function by its name: `greet` of the world, or `acme:math/ops#add` or
 * `acme:math/ops@1.2.0#add` of an interface, of a version that is compatible with that (semver).
 *
 * @throws SafedockError `ERR_CALL_INVALID`
 */
export function findFunction({ exports }: WorldTypes, name: string): FoundFunction {
  const cut = name.indexOf("#");
  const item =
    cut === -1
      ? exports.find((found) => found.isFunction && isNamed(found.name, name))
      : findInterface(exports, name.slice(0, cut));
  const wanted = name.slice(cut + 1);
  const shape = item?.functions.find((found) => isNamed(found.name, wanted));
  if (item === undefined || shape === undefined) throw notFound(exports, name);
  const interfaceName = item.isFunction ? "" : item.name;
  const label = item.isFunction ? shape.name : `${item.name}#${shape.name}`;
  return { label, shape, interfaceName, ...targetOf(shape.name) };
}

function findInterface(exports: readonly WorldItem[], wanted: string): WorldItem | undefined {
  const interfaces = exports.filter(({ isFunction }) => !isFunction);
  const best = bestVersion(
    wanted,
    interfaces.map(({ name }) => name),
  );
  return interfaces.find(({ name }) => name === best);
}

/** As the component has it, or as JavaScript does. */
export function isNamed(name: string, wanted: string): boolean {
  return name === wanted || (!name.startsWith("[") && camelCase(name) === wanted);
}

const RESOURCE_FUNCTION = /^\[(constructor|static|method)\]([^.]+)(?:\.(.+))?$/;

function targetOf(name: string): Pick<FoundFunction, "target" | "className" | "member"> {
  const [, kind, resource = "", member = ""] = RESOURCE_FUNCTION.exec(name) ?? [];
  switch (kind) {
    case "constructor":
      return { target: TARGET_CONSTRUCTOR, className: pascalCase(resource), member: "" };
    case "static":
      return { target: TARGET_STATIC, className: pascalCase(resource), member: camelCase(member) };
    case "method":
      return { target: TARGET_METHOD, className: "", member: camelCase(member) };
    default:
      return { target: TARGET_FUNCTION, className: "", member: camelCase(name) };
  }
}

function notFound(exports: readonly WorldItem[], name: string): SafedockError {
  const names = exports.flatMap(({ name: item, isFunction, functions }) =>
    functions.map((shape) => (isFunction ? shape.name : `${item}#${shape.name}`)),
  );
  const listed = names.slice(0, MAX_LISTED).map((known) => printable(known));
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return new SafedockError(
    "ERR_CALL_INVALID",
    `the component exports no function ${JSON.stringify(printable(name))}`,
    {
      data: { function: name, problem: "there is no such function" },
      hint: names.length === 0 ? "it exports none" : `it exports ${listed.join(", ")}${more}`,
    },
  );
}
