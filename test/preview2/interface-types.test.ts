/**
 * Every interface of WASI 0.2, held to the types that jco's own host has for it: by the compiler, which is shown
 * to complain about each function that is of another type.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import { createPreview2 } from "../../src/wasi/preview2/index.js";

const types = fileURLToPath(new URL("interface-types.ts", import.meta.url));
/** Is not on the disk; its text is {@link text}. */
const fixture = fileURLToPath(new URL("interface-fixture.ts", import.meta.url));
const shim = new URL("../../node_modules/@bytecodealliance/preview2-shim/types/", import.meta.url);

const ours: Readonly<Record<string, object>> = createPreview2().imports;
/** The interfaces that a world imports, without their versions. */
const importsOf = (world: string): readonly string[] =>
  [
    ...readFileSync(new URL(`${world}.d.ts`, shim), "utf8").matchAll(
      /\/\/ import (wasi:[a-z/-]+)@/g,
    ),
  ].map(([, name = ""]) => name);
const command = importsOf("wasi-cli-command");
const proxy = importsOf("wasi-http-proxy");
const names = [...new Set([...command, ...proxy])].sort();

/** One line of the fixture for each thing that is to be right or wrong. */
interface Line {
  readonly title: string;
  readonly text: string;
  readonly wrong: boolean;
}

function linesOf(name: string): Line[] {
  const wanted = `Wanted["${name}"]`;
  const own = `Ours["${name}"]`;
  const line = (title: string, type: string, wrong: boolean): Line => ({
    title: `${name} ${title}`,
    text: `export const c${counter++}: ${wanted} = null as unknown as ${type};`,
    wrong,
  });
  const lines = [line("as it is", own, false)];
  for (const [key, value] of Object.entries(ours[name] ?? {})) {
    if (NEWER.has(key)) continue;
    const without = `Omit<${own}, "${key}">`;
    const changed = (title: string, type: string): Line =>
      line(`${title} of another type`, `${without} & { ${key}: ${type} }`, true);
    lines.push(line(`without ${key}`, without, true));
    if (!isClass(value)) {
      lines.push(changed(key, "symbol"));
      continue;
    }
    const form = `${own}["${key}"]`;
    for (const method of methodsOf(value.prototype)) {
      const objects = `Omit<${form}["prototype"], "${method}"> & { ${method}: symbol }`;
      lines.push(
        changed(`${key}.${method}`, `Omit<${form}, "prototype"> & { prototype: ${objects} }`),
      );
    }
    for (const method of methodsOf(value)) {
      lines.push(
        changed(`static ${key}.${method}`, `Omit<${form}, "${method}"> & { ${method}: symbol }`),
      );
    }
  }
  return lines;
}

let counter = 0;
/** Not in the version that the types are of. */
const NEWER = new Set(["exitWithCode", "networkErrorCode", "sendInformational"]);
const NO_METHODS = new Set(["constructor", "prototype", "length", "name"]);

function isClass(value: unknown): value is { readonly prototype: object } {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

const methodsOf = (object: object): string[] =>
  Object.getOwnPropertyNames(object).filter((key) => !NO_METHODS.has(key) && !NEWER.has(key));

const lines = names.flatMap(linesOf);
const HEAD = [`import type { Ours, Wanted } from "./interface-types.js";`];
const text = [...HEAD, ...lines.map((line) => line.text)].join("\n");

/** Lines of the fixture about which the compiler complains, and what else it has to say. */
function compile(): { readonly complained: ReadonlySet<number>; readonly others: string[] } {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const files = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...files,
    fileExists: (file) => file === fixture || files.fileExists(file),
    getSourceFile: (file, language, ...rest) =>
      file === fixture
        ? ts.createSourceFile(file, text, language)
        : files.getSourceFile(file, language, ...rest),
  };
  const program = ts.createProgram([fixture], options, host);
  const complained = new Set<number>();
  const others: string[] = [];
  for (const file of [fixture, types]) {
    const source = program.getSourceFile(file);
    for (const { messageText, start = 0 } of program.getSemanticDiagnostics(source)) {
      const line = source?.getLineAndCharacterOfPosition(start).line ?? 0;
      if (file === fixture && line >= HEAD.length) complained.add(line - HEAD.length);
      else others.push(ts.flattenDiagnosticMessageText(messageText, "\n"));
    }
  }
  return { complained, others };
}

let compiled: ReturnType<typeof compile>;

beforeAll(() => {
  compiled = compile();
});

it("the compiler has nothing else to say", () => {
  expect(compiled.others).toEqual([]);
});

describe.each(names)("%s", (name) => {
  it("has all functions and methods, with their types", () => {
    const found = lines.flatMap(({ title, wrong }, index) =>
      title.startsWith(`${name} `) && compiled.complained.has(index) !== wrong ? [title] : [],
    );
    expect(found).toEqual([]);
  });
});

it.each([
  ["wasi:cli/command", command, 27],
  ["wasi:http/proxy", proxy, 11],
] as const)("all that %s imports is there", (_, world, atLeast) => {
  expect(world.length).toBeGreaterThanOrEqual(atLeast);
  for (const name of world) expect(Object.keys(ours)).toContain(name);
});
