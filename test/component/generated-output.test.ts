/** What the transpiler gives is bounded, and must be what is expected of it. */
import { expect, test } from "vitest";
import { transpileComponent, type Transpiler } from "../../src/component/transpile-component.js";
import { rejectionOf } from "../support/thrown-by.js";
import { guestComponent } from "./guest-components.js";

const BEGIN =
  '"use components";\nexport function instantiate(getCoreModule, imports, instantiateCore = (m, i) => 0) {\n';
const UTIL = "\nexport const _util = {\n  \n}\n";
const MIB = 2 ** 20;

/** The transpiler gives these files, whatever it is given. */
async function refusalOf(files: Readonly<Record<string, string>>): Promise<unknown> {
  const jco: Transpiler = {
    $init: Promise.resolve(),
    generate: () => ({
      files: Object.entries(files).map(([name, text]) => [name, Buffer.from(text)] as const),
    }),
  };
  const order = { component: "/app.wasm", key: "key" };
  return await rejectionOf(
    transpileComponent(guestComponent("greet"), order, () => Promise.resolve(jco)),
  );
}

test.each<[string, Readonly<Record<string, string>>, string]>([
  ["no script", {}, "no script"],
  ["a script of more than 16 MiB", { "c.js": " ".repeat(16 * MIB + 1) }, "more than"],
  [
    "more than 256 core modules",
    Object.fromEntries([
      ["c.js", BEGIN + UTIL],
      ...Array.from({ length: 257 }, (_, index) => [`c.core${index}.wasm`, ""]),
    ]) as Record<string, string>,
    "257 core modules",
  ],
  [
    "an instance of a module that is not there",
    {
      "c.js": `${BEGIN}const module0 = getCoreModule('c.core.wasm');\n({ exports: exports0 } = instantiateCore(module0));\n}${UTIL}`,
    },
    "no c.core.wasm",
  ],
  ["what is not JavaScript", { "c.js": `${BEGIN}let let = ;}${UTIL}` }, "not JavaScript"],
])("%s is refused", async (_, files, problem) => {
  expect(await refusalOf(files)).toMatchObject({
    code: "ERR_COMPONENT_INVALID",
    data: { module: "/app.wasm", problem: expect.stringContaining(problem) as string },
  });
});

test("what the transpiler throws is told in its words, cut and on one line", async () => {
  const jco: Transpiler = {
    $init: Promise.resolve(),
    generate: () => {
      throw new Error(`a\n\u001b[31mb ${"c".repeat(10_000)}`);
    },
  };
  const order = { component: "/app.wasm", key: "key" };
  const error = await rejectionOf(
    transpileComponent(guestComponent("greet"), order, () => Promise.resolve(jco)),
  );
  expect(error).toMatchObject({ code: "ERR_COMPONENT_INVALID" });
  expect(String(error)).not.toContain("\u001b");
  expect(String(error)).not.toMatch(/[\n\r]/);
  expect(String(error).length).toBeLessThan(800);
});
