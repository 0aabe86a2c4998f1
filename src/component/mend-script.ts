/**
 * Statements of jco 0.15.0 that are wrong, and what they should be. Each is several words of code on lines of
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
];

/** The generated code without the faults that are known of it; of another version, as it is. */
export function mendScript(generated: string): string {
  return MENDED.reduce((script, [wrong, right]) => script.replace(wrong, () => right), generated);
}
