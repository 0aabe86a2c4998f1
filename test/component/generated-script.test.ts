import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { threadsEnded } from "../../dist/base/ending-threads.js";
import { preparedKey } from "../../dist/component/prepare-key.js";
import { decodePrepared } from "../../dist/component/prepared-file.js";
import { transpile } from "../../dist/component/transpile.js";
import { SCRIPT_SCOPE, wrapScript } from "../../src/component/wrap-script.js";
import { thrownBy } from "../support/thrown-by.js";
import { guestComponent } from "./guest-components.js";

/** What the generated code may use of the language; nothing of it leads out of the worker. */
const LANGUAGE = [
  "Array",
  "ArrayBuffer",
  "BigInt",
  "BigInt64Array",
  "BigUint64Array",
  "Boolean",
  "DataView",
  "Error",
  "Float32Array",
  "Float64Array",
  "Int16Array",
  "Int32Array",
  "Int8Array",
  "JSON",
  "Map",
  "Math",
  "Number",
  "Object",
  "Promise",
  "RangeError",
  "ReferenceError",
  "Set",
  "String",
  "Symbol",
  "TextDecoder",
  "TextEncoder",
  "TypeError",
  "Uint16Array",
  "Uint32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "WeakMap",
  "WeakSet",
];
const FILE = "component.js";

/** Names that a script takes from outside of itself, as TypeScript's checker binds them. */
function freeNames(script: string): readonly string[] {
  const source = ts.createSourceFile(FILE, script, ts.ScriptTarget.ESNext, true);
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === FILE ? source : undefined),
    getDefaultLibFileName: () => "",
    writeFile: () => undefined,
    getCurrentDirectory: () => "",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => name === FILE,
    readFile: () => undefined,
  };
  const options: ts.CompilerOptions = {
    ...{ noLib: true, allowJs: true, checkJs: true, noEmit: true, types: [] },
    target: ts.ScriptTarget.ESNext,
  };
  const program = ts.createProgram([FILE], options, host);
  expect(program.getSyntacticDiagnostics(source)).toEqual([]);
  const names = new Set<string>();
  for (const { start = 0, length = 0, messageText } of program.getSemanticDiagnostics(source)) {
    const message = ts.flattenDiagnosticMessageText(messageText, " ");
    if (!/^(?:Cannot find name|No value exists)/.test(message)) continue;
    names.add(script.slice(start, start + length));
  }
  return [...names];
}

describe("the script of a component", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "safedock-script-"));
  });
  afterAll(async () => {
    await threadsEnded();
    await rm(folder, { recursive: true });
  });

  async function scriptOf(name: string): Promise<string> {
    const temporary = join(folder, name.replaceAll("/", "-"));
    const order = { source: { bytes: guestComponent(name) }, component: name, temporary };
    const { digest } = await transpile(order, { timeoutMs: 60_000 });
    const made = await decodePrepared(await readFile(temporary), preparedKey(digest));
    return made?.script ?? "";
  }

  test.each(["greet", "hello", "real/kinds"])(
    "of %s takes nothing from outside but the language",
    async (name) => {
      const script = await scriptOf(name);
      expect(script).toContain("instantiate");
      const known = new Set(LANGUAGE);
      expect(freeNames(script).filter((free) => !known.has(free))).toEqual([]);
    },
  );

  test("the checker of these tests sees a name that is free", () => {
    const script =
      '"use strict";(function ({ process }) { let a; return [a, process, fetch, Buffer]; })';
    expect(freeNames(script)).toEqual(["fetch", "Buffer"]);
  });
});

describe("wrapScript", () => {
  const BEGIN =
    '"use components";\nexport function instantiate(getCoreModule, imports, instantiateCore = (m, i) => 0) {\n';
  const UTIL = "\nexport const _util = {\n  \n}\n";

  test("takes away both exports, and hides the names of its scope", () => {
    const { script, instances } = wrapScript(
      `${BEGIN}const module0 = getCoreModule('c.core.wasm');\n  ({ exports: exports0 } = instantiateCore(module0));\n}${UTIL}`,
      "app",
    );
    expect(script).not.toContain("export ");
    expect(instances).toEqual(["c.core.wasm"]);
    for (const name of SCRIPT_SCOPE) expect(script.split("\n")[0]).toContain(name);
  });

  test.each([
    ["another beginning", `export function instantiate() {}${UTIL}`],
    ["no end", `${BEGIN}}`],
    ["two ends", `${BEGIN}}${UTIL}${UTIL}`],
    [
      "an instance of no module",
      `${BEGIN}({ exports: exports0 } = instantiateCore(module0));}${UTIL}`,
    ],
    [
      "an instance made in another way",
      `${BEGIN}\n({ exports: exports0 } = make(module0));}${UTIL}`,
    ],
  ])("refuses %s: it is another jco's", (_, generated) => {
    expect(thrownBy(() => wrapScript(generated, "app"))).toMatchObject({
      code: "ERR_COMPONENT_UNSUPPORTED",
      data: { module: "app" },
    });
  });
});
