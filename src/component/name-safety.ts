import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import type { NameKind, NameList } from "../wasm/component/name-list.js";
import { readComponentNames } from "../wasm/component/read-component-names.js";
import { whatIsWrongWithCoreName } from "./core-name.js";
import {
  compatibleVersion,
  whatIsWrongWithExternName,
  whatIsWrongWithLabel,
} from "./extern-name.js";
import { whatTakesCoreExport, whatTakesExternName } from "./taken-names.js";

/** What a name of each kind must be. Undefined: it never comes near the generated code. */
const RULES: Readonly<Record<NameKind, ((name: string) => string | undefined) | undefined>> = {
  "core import module": whatIsWrongWithCoreName,
  "core import field": whatIsWrongWithCoreName,
  "core export": whatIsWrongWithCoreName,
  "core argument": whatIsWrongWithCoreName,
  "core inline export": whatIsWrongWithCoreName,
  "core alias": whatIsWrongWithCoreName,
  "core type import": whatIsWrongWithCoreName,
  "core type export": whatIsWrongWithCoreName,
  import: whatIsWrongWithExternName,
  export: whatIsWrongWithExternName,
  argument: whatIsWrongWithExternName,
  "inline export": whatIsWrongWithExternName,
  alias: whatIsWrongWithExternName,
  "type import": whatIsWrongWithExternName,
  "type export": whatIsWrongWithExternName,
  "record field": whatIsWrongWithLabel,
  "variant case": whatIsWrongWithLabel,
  flag: whatIsWrongWithLabel,
  "enum case": whatIsWrongWithLabel,
  parameter: whatIsWrongWithLabel,
  "name option": () => "options of names are not supported",
  "custom section": undefined,
};

/** Lists whose names become variables and classes of the generated code. */
const SIDES: Readonly<Partial<Record<NameKind, "import" | "export">>> = {
  import: "import",
  "type import": "import",
  "type export": "import",
  export: "export",
  "inline export": "export",
};

/**
 * Checks every name of a component before it is transpiled, for the transpiler writes names into
 * JavaScript. `component` says in messages which one it is.
 *
 * Throws `ERR_COMPONENT_NAME_UNSAFE` for the first name that could become anything but a name there, and
 * `ERR_COMPONENT_INVALID` for bytes that are no component.
 */
export function assertSafeNames(bytes: Uint8Array, component: string): void {
  const versions = new Map<string, string>();
  for (const list of namesOf(bytes, component)) {
    for (const [index, name] of list.names.entries()) {
      const problem = RULES[list.kind]?.(name) ?? whatTakes(list, name, index);
      if (problem !== undefined) throw unsafe(component, list, name, problem);
    }
    if (list.kind === "import" && list.where === "") {
      refuseTwoVersions(list, component, versions);
    }
  }
}

function whatTakes(list: NameList, name: string, index: number): string | undefined {
  if (list.kind === "core export") return whatTakesCoreExport(name);
  const side = SIDES[list.kind];
  const sort = list.sorts?.[index];
  if (side === undefined || sort === undefined) return undefined;
  return whatTakesExternName(name, sort, side);
}

/**
 * Generated code looks imports up without their versions: those of one name must be compatible. `versions`
 * has those of the sections before.
 */
function refuseTwoVersions(list: NameList, component: string, versions: Map<string, string>): void {
  for (const name of list.names) {
    const [base = name, version = ""] = name.split("@");
    const compatible = compatibleVersion(version);
    const other = versions.get(base) ?? compatible;
    versions.set(base, compatible);
    if (other === compatible) continue;
    throw unsafe(component, list, name, "it is imported in another version too");
  }
}

function namesOf(bytes: Uint8Array, component: string): readonly NameList[] {
  try {
    return readComponentNames(bytes);
  } catch (error) {
    if (!(error instanceof ModuleFormatError)) throw error;
    throw new SafedockError(
      "ERR_COMPONENT_INVALID",
      `${component} is not a valid component: ${error.message}`,
      { data: { module: component, problem: error.message } },
    );
  }
}

function unsafe(component: string, list: NameList, name: string, problem: string): SafedockError {
  const where = list.where === "" ? list.kind : `${list.kind} of ${list.where}`;
  const shown = JSON.stringify(printable(name));
  return new SafedockError(
    "ERR_COMPONENT_NAME_UNSAFE",
    `${component} has the name ${shown} (${where}): ${problem}`,
    { data: { module: component, name: shown, where } },
  );
}
