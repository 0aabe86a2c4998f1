import { describe, expect, test } from "vitest";
import {
  preview1Functions,
  preview1Modules,
  unstableFunctions,
} from "../../src/wasi/preview1/function-types.js";
import { createPreview1 } from "../../src/wasi/preview1/index.js";

describe("the list of functions", () => {
  test("has 46 functions in preview 1 and 45 in snapshot 0; those of every module are provided", () => {
    const { imports } = createPreview1();
    expect(preview1Functions.size).toBe(46);
    expect(unstableFunctions.size).toBe(45);
    for (const [module, functions] of preview1Modules) {
      const provided = Object.entries(imports).find(([name]) => name === module)?.[1] ?? {};
      expect(Object.keys(provided).toSorted()).toEqual([...functions.keys()].toSorted());
    }
  });

  test("gives each function as many parameters as its type has", () => {
    const { imports } = createPreview1();
    for (const [name, type] of preview1Functions) {
      const call = Object.entries(imports.wasi_snapshot_preview1).find(
        ([key]) => key === name,
      )?.[1];
      expect(call, name).toHaveLength(type.params.length);
    }
  });
});
