/** Handles of one type of resource in one component instance: as many as WASI's are in a process. */
const MAX_HANDLES = 65_536;

const UNKNOWN_HANDLE =
  "val === undefined || !handle || handle >>> 0 >= T_FLAG || (scope & T_FLAG) !== 0";

/**
 * Statements of jco 0.15.0 that are wrong or without a bound, and what they should be. Each is several words of code on lines of
 * their own, so that no name of a component can be one: those have no line breaks.
 */
const MENDED: readonly (readonly [string, string])[] = [
  // A text in UTF-16 has two bytes for each unit of its length.
  [
    "\n      val = utf16Decoder.decode(new DataView(ctx.memory.buffer, offset, len));\n",
    "\n      val = utf16Decoder.decode(new DataView(ctx.memory.buffer, offset, len * 2));\n",
  ],
  // In memory it is an address and a length, of four bytes each. `vals` is declared nowhere.
  [
    "\n    const start = data.getUint32(ctx.storagePtr, vals[0], true);\n" +
      "    const codeUnits = data.getUint32(ctx.storagePtr, vals[0] + 4, true);\n",
    "\n    if (ctx.storagePtr % 4 !== 0) ctx.storagePtr += 4 - (ctx.storagePtr % 4);\n" +
      "    const start = data.getUint32(ctx.storagePtr, true);\n" +
      "    const codeUnits = data.getUint32(ctx.storagePtr + 4, true);\n",
  ],
  [
    "\n    ctx.storagePtr = ctx.storagePtr + 2 * codeUnits;\n" +
      "    if (ctx.storageLen !== undefined) { ctx.storageLen = ctx.storageLen - 2 * codeUnits }\n",
    "\n    ctx.storagePtr += 8;\n",
  ],
  // What a guest makes and never drops would fill the worker's heap.
  [
    "\n      table.push(0);\n      table.push(rep | T_FLAG);\n",
    `\n      if (table.length > ${2 * MAX_HANDLES}) throw new WebAssemblyRuntimeError('more than ${MAX_HANDLES} handles');\n` +
      "      table.push(0);\n      table.push(rep | T_FLAG);\n",
  ],
  [
    "\n      table.push(scopeId);\n      table.push(rep);\n",
    `\n      if (table.length > ${2 * MAX_HANDLES}) throw new WebAssemblyRuntimeError('more than ${MAX_HANDLES} handles');\n` +
      "      table.push(scopeId);\n      table.push(rep);\n",
  ],
  // Each number that a component ever gave a resource was kept, to know its own again; and one with a table's mark in it was
  // another when it was looked up.
  [
    "\n    table._createdReps.add(rep);\n",
    "\n    if ((rep & T_FLAG) !== 0) throw new WebAssemblyRuntimeError('a resource of a number of 2^30 or more');\n",
  ],
  ["\n    if (toTable._createdReps.has(rep)) {\n", "\n    if (toTable._isOwn) {\n"],
  // A handle that is in no table is unknown, as is one so large that twice of it is another; a resource's number may be 0.
  ["\n    if (val === 0 || (scope & T_FLAG) !== 0) {\n", `\n    if (${UNKNOWN_HANDLE}) {\n`],
  ["\n    if (rep === 0 || (scope & T_FLAG) !== 0) {\n", `\n    if (${UNKNOWN_HANDLE}) {\n`],
  // Texts must be well-formed; what begins with U+FEFF keeps it.
  [
    "\n  const utf16Decoder = new TextDecoder('utf-16');\n",
    "\n  const utf16Decoder = new TextDecoder('utf-16', { fatal: true, ignoreBOM: true });\n",
  ],
  [
    "\n  const TEXT_DECODER_UTF8 = new TextDecoder();\n",
    "\n  const TEXT_DECODER_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });\n",
  ],
];

/** What costs each instance or each large text more than it must; the names with `_` are of the script's scope. */
const HASTENED: readonly (readonly [string, string])[] = [
  [
    "\n    for (let i = 0; i < s.length; i++) {\n      const ch = s.charCodeAt(i);\n      codepoints++;\n",
    "\n    if (_isPlainText(s)) codepoints = len = s.length;\n" +
      "    else for (let i = 0; i < s.length; i++) {\n      const ch = s.charCodeAt(i);\n      codepoints++;\n",
  ],
  [
    "\n  const TEXT_DECODER_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });\n",
    "\n  const TEXT_DECODER_UTF8 = _textDecoder;\n",
  ],
];

/** What jco knows of an import, bound to what lowers it: it is a large object, and most imports of most runs are never called. */
const BOUND_IMPORT =
  /\b(_lowerImportBackwardsCompat)\.bind\(\n *null,\n( *\{\n *trampolineIdx: [^]*?\n *importFn: _trampoline\d+,\n *\}),\n *\)(?=\)\) : |;)/g;

/** Compiled for each instance of a component of components, and used by functions that may suspend alone: there are none. */
const SUSPENDING_MODULE =
  /\n( *const _conditionalSuspending\w+Module =) new WebAssembly\.Module\(new Uint8Array\(\[[\s\dxa-f,]*\]\)\);\n/g;

/** What makes resources of a component's own: their table is told so. */
const OWN_TABLE =
  /^( *const trampoline\d+ = )(rscTableCreateOwn\.bind\(null, (handleTable\d+)\));$/gm;

/** Between parts of one component, too, texts must be well-formed and keep their beginning. */
const UTF8_TO_UTF16 = /^( *const decoder = new TextDecoder\()\);$/gm;
/** So in the other direction, where a long text has no room among a call's arguments. */
const UTF16_TO_UTF8 =
  /\b(encoder\.encodeInto\()String\.fromCharCode\.apply\(null, (new Uint16Array\(memory\d+\.buffer, src, src_len\))\)/g;
const DECODED_UTF16 = "new TextDecoder('utf-16', { fatal: true, ignoreBOM: true }).decode";

/** A list that is made element by element: a long one may be more than the worker's heap has room for. */
const GROWN_LIST = /^( *var result\d+ = )\[\];(\n *for \(let i = 0; i < (len\d+); i\+\+\) \{)$/gm;

/** The copy of a list of numbers: `slice` of a buffer gives less where the list passes the memory's end. */
const COPIED_LIST =
  /^( *var result\d+ = new \w+Array)\((memory\d+)\.buffer\.slice\((ptr\d+), \3 \+ (len\d+) \* \d+\)\);$/gm;

/** The generated code without the faults that are known of it; of another version, as it is. */
export function mendScript(generated: string): string {
  const mended = [...MENDED, ...HASTENED].reduce(
    (script, [wrong, right]) => script.replace(wrong, () => right),
    generated,
  );
  return mended
    .replaceAll(SUSPENDING_MODULE, "\n$1 undefined;\n")
    .replaceAll(OWN_TABLE, "$1($3._isOwn = true, $2);")
    .replaceAll(UTF8_TO_UTF16, "$1'utf-8', { fatal: true, ignoreBOM: true });")
    .replaceAll(UTF16_TO_UTF8, `$1${DECODED_UTF16}($2)`)
    .replaceAll(GROWN_LIST, "$1_newList($3);$2")
    .replaceAll(COPIED_LIST, "$1($2.buffer, $3, $4).slice();")
    .replaceAll(BOUND_IMPORT, "_boundLazily($1, () => ($2))");
}
