/** jco's own functions stand before `instantiate`; what they remember is made anew in it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { parse, type Program, type Statement } from "acorn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { threadsEnded } from "../../dist/base/ending-threads.js";
import { preparedKey } from "../../dist/component/prepare-key.js";
import { decodePrepared } from "../../dist/component/prepared-file.js";
import { transpile } from "../../dist/component/transpile.js";
import { shareRuntime } from "../../src/component/share-runtime.js";
import { guestComponent } from "./guest-components.js";

/** The statements of the script before `instantiate`, and those of `instantiate`. */
function partsOf(script: string): { shared: readonly Statement[]; own: readonly Statement[] } {
  const program: Program = parse(script, { ecmaVersion: "latest" });
  const wrapper = program.body.at(-1);
  if (wrapper?.type !== "ExpressionStatement" || wrapper.expression.type !== "FunctionExpression") {
    throw new Error("no wrapper");
  }
  const { body } = wrapper.expression.body;
  const at = body.findIndex(
    (each) => each.type === "FunctionDeclaration" && each.id.name === "instantiate",
  );
  const instantiate = body[at];
  if (instantiate?.type !== "FunctionDeclaration") throw new Error("no instantiate");
  return { shared: body.slice(0, at), own: instantiate.body.body };
}

function declared(statements: readonly Statement[], kind: "let" | "const"): readonly string[] {
  return statements.flatMap((each) => {
    if (each.type !== "VariableDeclaration" || each.kind !== kind) return [];
    return each.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "?"));
  });
}

/** Names that the first statements give a value. */
function assignedFirst(statements: readonly Statement[]): readonly string[] {
  const names: string[] = [];
  for (const each of statements) {
    if (each.type !== "ExpressionStatement" || each.expression.type !== "AssignmentExpression")
      break;
    const { left } = each.expression;
    names.push(left.type === "Identifier" ? left.name : "?");
  }
  return names;
}

describe("the runtime of a component's script", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "safedock-runtime-"));
  });
  afterAll(async () => {
    await threadsEnded();
    await rm(folder, { recursive: true });
  });

  test.each(["greet", "hello", "real/kinds", "real/files", "real/hello-proxy"])(
    "of %s is shared, and its state is not",
    async (name) => {
      const temporary = join(folder, name.replaceAll("/", "-"));
      const order = { source: { bytes: guestComponent(name) }, component: name, temporary };
      const { digest } = await transpile(order, { timeoutMs: 60_000 });
      const made = await decodePrepared(await readFile(temporary), preparedKey(digest));
      const { shared, own } = partsOf(made?.script ?? "");
      const functions = shared.filter(({ type }) => type === "FunctionDeclaration");
      expect(functions.length).toBeGreaterThan(9);
      expect(shared.filter(({ type }) => type === "ClassDeclaration").length).toBeGreaterThan(4);
      const state = declared(shared, "let");
      expect(state).toContain("ASYNC_STATE");
      expect(assignedFirst(own)).toEqual(state);
      // Nothing that can change is left beside it.
      const constants = declared(shared, "const");
      expect(constants.filter((constant) => /MAP|TABLE|STATE|META|FLAGS/.test(constant))).toEqual(
        [],
      );
    },
  );
});

describe("shareRuntime", () => {
  const begin = "function instantiate(getCoreModule, imports, instantiateCore = (m, i) => 0) {\n";
  const own = "\n  const module0 = getCoreModule('c.core.wasm');\n  return ASYNC_STATE;\n}\n";
  const known = "  const ASYNC_STATE = new Map();\n  function get() { return ASYNC_STATE; }\n";

  test("makes each instance's state anew", () => {
    const shared = shareRuntime(begin + known + own);
    const { instantiate, get } = runInThisContext(
      `(() => {${shared} return { instantiate, get }; })()`,
    ) as {
      readonly instantiate: (get: () => void) => unknown;
      readonly get: () => unknown;
    };
    const first = instantiate(() => undefined);
    expect(get()).toBe(first);
    const second = instantiate(() => undefined);
    expect(second).not.toBe(first);
    expect(get()).toBe(second);
  });

  test.each([
    ["another variable", `${known}  let counter = 0;\n`],
    ["another constant", `${known}  const OTHERS = new Map();\n`],
    ["another beginning of a state", "  const ASYNC_STATE = new Map([[1, 2]]);\n"],
    ["another class", `${known}    class StreamTable {\n    static all = [];\n    }\n`],
  ])("leaves a script with %s as it is", (_, runtime) => {
    const script = begin + runtime + own;
    expect(shareRuntime(script)).toBe(script);
  });

  test.each([
    ["another beginning", `function make() {\n${known}${own}`],
    ["no core module", `${begin}${known}}\n`],
  ])("leaves a script with %s as it is", (_, script) => {
    expect(shareRuntime(script)).toBe(script);
  });
});
