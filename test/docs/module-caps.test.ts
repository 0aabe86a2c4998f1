/** The table of docs/limits.md says what the code has. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { MAX_PROCESS_TYPES } from "../../src/guest/type-ledger.js";
import {
  MAX_ALL_NAMES_BYTES,
  MAX_EXPORTS,
  MAX_FUNCTIONS,
  MAX_IMPORTS,
  MAX_NAME_BYTES,
  MAX_SECTIONS,
} from "../../src/wasm/read-module.js";
import { MAX_MODULE_MEMORIES, MAX_MODULE_TABLES } from "../../src/wasm/rewrite-module.js";
import { MAX_TYPES } from "../../src/wasm/type-section.js";

const CAPS: readonly (readonly [what: string, most: number])[] = [
  ["Types", MAX_TYPES],
  ["Types of all modules in the process, each counted once", MAX_PROCESS_TYPES],
  ["Functions", MAX_FUNCTIONS],
  ["Imports", MAX_IMPORTS],
  ["Exports", MAX_EXPORTS],
  ["Bytes of one name", MAX_NAME_BYTES],
  ["Bytes of all names of imports and exports", MAX_ALL_NAMES_BYTES],
  ["Sections", MAX_SECTIONS],
  ["Memories", MAX_MODULE_MEMORIES],
  ["Tables", MAX_MODULE_TABLES],
];

const shown = (most: number) =>
  most % 2 ** 20 === 0 ? `${most / 2 ** 20} MiB` : most.toLocaleString("en-US");

it("docs/limits.md lists each cap on a module as it is", async () => {
  const page = await readFile(new URL("../../docs/limits.md", import.meta.url), "utf8");
  const [, table = ""] = page.split("| What a module may hold |");
  const rows = table.split("\n\n", 1)[0]?.split("\n").slice(2) ?? [];
  const told = rows.map((row) =>
    row
      .split("|")
      .slice(1, 3)
      .map((cell) => cell.trim()),
  );
  expect(told).toEqual(CAPS.map(([what, most]) => [what, shown(most)]));
});
