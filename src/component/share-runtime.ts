const BEGIN = /^function instantiate\(getCoreModule, imports, instantiateCore = .*\{\n/;
/** The first statement about the component itself: all before it is the same text for each that needs it. */
const OWN_PART = /^ *const module0 = getCoreModule\(/m;

/** What jco's own functions remember, and what an instance begins with. */
const STATE: ReadonlyMap<string, string> = new Map([
  ["dv", "new DataView(new ArrayBuffer())"],
  ["RESOURCE_SCOPE_TASKS", "new Map()"],
  ["RESOURCE_SCOPE_ID", "0"],
  ["curResourceBorrows", "[]"],
  ["ASYNC_TASKS_BY_COMPONENT_IDX", "new Map()"],
  ["ASYNC_CURRENT_COMPONENT_IDXS", "[]"],
  ["ASYNC_CURRENT_TASK_IDS", "[]"],
  ["ASYNC_STATE", "new Map()"],
  ["INSTANCE_FLAGS", "new Map()"],
  ["STORE_TRAP", "{ error: null }"],
  ["STORE_ASYNC_STATE", "{ deadlockCheck: null, pendingHostOperations: 0 }"],
  ["GLOBAL_COMPONENT_MEMORY_MAP", "new Map()"],
  ["CURRENT_TASK_META", "{}"],
  [
    "CURRENT_TASK_MAY_BLOCK",
    "globalThis.WebAssembly ? new globalThis.WebAssembly.Global({ value: 'i32', mutable: true }, 0) : false",
  ],
  ["HANDLE_TABLES", "[]"],
  // Under it an object of the host's knows its handle, which only counts in one instance.
  ["symbolRscHandle", "Symbol('handle')"],
]);

/** What never changes, or is written each time before it is read. */
const CONSTANTS: ReadonlySet<string> = new Set(
  `emptyFunc dataView isLE utf16Decoder TEXT_DECODER_UTF8 TEXT_ENCODER_UTF8 T_FLAG WebAssemblyRuntimeError _debugLog
  CORE_TRAP_MESSAGES ASYNC_DETERMINISM ASYNC_EVENT_CODE _coinFlip _liftFlatVariantScratch symbolCabiDispose symbolCabiLower
  symbolRscRep symbolDispose hasOwnProperty i32ToF32I i32ToF32F i64ToF64I i64ToF64F i32ToF32 f32ToI32 i64ToF64 f64ToI64`.split(
    /\s+/,
  ),
);

/** Inside functions that jco does not indent. */
const LOCALS: ReadonlySet<string> = new Set(["f", "rem", "view", "caseLookup", "result"]);

/** Their static fields are constants, or numbers for tasks that need only differ. */
const CLASSES: ReadonlySet<string> = new Set([
  "Waitable",
  "RepTable",
  "ComponentAsyncState",
  "AsyncSubtask",
  "FutureValue",
  "AsyncTask",
]);

/** jco indents some once too often; the names of those are in capitals. */
const DECLARED = /^(?: {0,2}| {3,4}(?=\w+ [A-Z_]+\b))(?:let|const|var) (\w+) ?= ?(.*)$/gm;
const CLASS = /^ {0,4}class (\w+)/gm;

/**
 * jco makes its own functions and classes anew for each instance, so that V8 never learns what they do: two thirds of what
 * an instance costs. Here they stand before `instantiate`, which makes anew what they remember. A worker has one instance
 * of a component at a time, and none is used after the next is made.
 *
 * @returns the script as it is where it declares something unknown
 */
export function shareRuntime(script: string): string {
  const begin = BEGIN.exec(script)?.[0];
  const own = OWN_PART.exec(script)?.index;
  if (begin === undefined || own === undefined) return script;
  const runtime = script.slice(begin.length, own);
  if (!isKnown(runtime)) return script;
  const fresh: string[] = [];
  const shared = runtime.replace(DECLARED, (line, name: string) => {
    const value = STATE.get(name);
    if (value === undefined) return line;
    fresh.push(`${name} = ${value};\n`);
    return `let ${name};`;
  });
  return `${shared}\n${begin}${fresh.join("")}${script.slice(own)}`;
}

function isKnown(runtime: string): boolean {
  for (const [, name = "", value = ""] of runtime.matchAll(DECLARED)) {
    const state = STATE.get(name);
    if (state === undefined ? !CONSTANTS.has(name) && !LOCALS.has(name) : value !== `${state};`) {
      return false;
    }
  }
  return [...runtime.matchAll(CLASS)].every(([, name = ""]) => CLASSES.has(name));
}
