import type { NamedSort } from "../wasm/component/name-list.js";

/**
 * Names that the generated code has for itself and does not keep free: a function, class or interface of
 * a component that becomes one of them hides it, and the code would be broken or another one.
 */

/** Variables and functions that any of its functions may use. */
const EVERYWHERE: ReadonlySet<string> = new Set(
  `arguments clearCurrentTask clearInterval clearTimeout console createNewCurrentTask
  curResourceBorrows f32ToI32 f64ToI64 getCurrentTask getOrCreateAsyncState globalThis i32ToF32 i64ToF64
  lookupMemoriesForComponent normalizeInstantiationError promiseWithResolvers queueMicrotask
  rscTableCreateBorrow rscTableCreateOwn rscTableFree rscTableGet rscTableRemove setImmediate setInterval
  setTimeout toFloat32 toFloat64 toInt16 toInt32 toInt64 toInt8 toString16 toUint16 toUint32 toUint64
  toUint8 undefined utf16Decoder utf8Decoder validateGuestChar validateHostChar`.split(/\s+/),
);

/** Variables around a call of an import, and in the function that makes an instance. */
const AROUND_IMPORTS: ReadonlySet<string> = new Set(
  `createTask cstate gen getCoreModule hostProvided maybeSyncReturn parentTask promise reject rep resolve
  ret retCopy runNext started subtask task vals`.split(/\s+/),
);

/** What it keeps free from variables, but not from the names that methods have as functions. */
const NOT_FOR_METHODS: ReadonlySet<string> = new Set(
  `clampGuest dataView emptyFunc finalizationRegistryCreate getErrorPayload hasOwnProperty
  symbolCabiDispose symbolCabiLower symbolDispose symbolRscHandle symbolRscRep`.split(/\s+/),
);

/** Variables with numbers: one for each module, memory, function, or value on its way. */
const NUMBERED = new RegExp(
  `^(?:${[
    "arg|base|bool|callback|captureCnt|captureTable|dv|enum|exports|finalizationRegistry|flags|handle",
    "handleTable|hostRet|instanceFlags|len|list|memory|module|out|postReturn|ptr|realloc|rep|result|rsc",
    "trampoline|tuple|unsafeIntrinsic|val|valData|valLenBytes|variant|vec",
  ].join("|")})\\d+(?:Async)?$`,
);

/** Classes of the language that it uses under their names, and its own. */
const CLASSES: ReadonlySet<string> = new Set(
  `Array AsyncSubtask AsyncTask Atomics BigUint64Array Boolean ComponentAsyncState FinalizationRegistry
  FutureValue Infinity Int16Array Int8Array Map Math Number Promise Proxy Reflect RepTable Set
  SharedArrayBuffer Symbol Uint32Array Waitable WeakMap WeakRef WeakSet`.split(/\s+/),
);

/** Properties that each class has and that cannot be set. */
const OF_EACH_CLASS: ReadonlySet<string> = new Set(
  "arguments caller length name prototype".split(" "),
);

const OF_RESOURCE = /^\[(?:async )?(constructor|method|static)\]([^.]+)(?:\.(.+))?$/;

/** What a name of an import or export must not be; undefined if it may be. */
export function whatTakesExternName(
  name: string,
  sort: NamedSort,
  side: "import" | "export",
): string | undefined {
  const [, form, resource, item] = OF_RESOURCE.exec(name) ?? [];
  if (resource !== undefined) {
    return takenClass(resource) ?? (side === "export" ? takenItem(form, item) : undefined);
  }
  switch (sort) {
    case "resource":
      return takenClass(name);
    case "function":
      return takenFunction(lowerCamel(name), side);
    case "instance":
      // Each interface is a variable too, named for its last part and version.
      return side === "export" ? takenFunction(lowerCamel(lastPart(name)), side) : undefined;
    default:
      return undefined;
  }
}

/**
 * The same of what a core module exports: the variable is named for what follows the last slash, or for the
 * instance, `exports0`, and the whole name.
 */
export function whatTakesCoreExport(name: string): string | undefined {
  if (!/[0-9A-Za-z]/.test(lastPart(name))) return "it has no letter and no digit";
  if (!name.includes("/")) return undefined;
  const variable = lowerCamel(lastPart(name).replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2"));
  return takenFunction(variable, "import");
}

function takenFunction(variable: string, side: "import" | "export"): string | undefined {
  // A promise is what has such a function: waiting for the exports would call it.
  if (side === "export" && variable === "then") return isTaken(variable);
  if (side === "import" && AROUND_IMPORTS.has(variable)) return isTaken(variable);
  return EVERYWHERE.has(variable) || NUMBERED.test(variable) ? isTaken(variable) : undefined;
}

function takenClass(resource: string): string | undefined {
  const name = upperCamel(resource);
  return CLASSES.has(name) ? isTaken(name) : undefined;
}

/** A method or a static function of an exported resource. */
function takenItem(form: string | undefined, item: string | undefined): string | undefined {
  if (item === undefined) return undefined;
  const name = lowerCamel(item);
  if (form === "static" && OF_EACH_CLASS.has(name)) return isTaken(name);
  return NOT_FOR_METHODS.has(name) ? isTaken(name) : takenFunction(name, "export");
}

function isTaken(name: string): string {
  return `generated code has its own \`${name}\``;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function lowerCamel(name: string): string {
  const upper = upperCamel(name);
  return upper.slice(0, 1).toLowerCase() + upper.slice(1);
}

function upperCamel(name: string): string {
  const words = name.split(/[^0-9A-Za-z]+/).map((word) => word.toLowerCase());
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}
