import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);

let app: string;

async function run(command: string, args: readonly string[], cwd = app): Promise<string> {
  const { stdout } = await execute(command, args, { cwd, maxBuffer: 16 * 2 ** 20 });
  return stdout;
}

/** Runs a program of the app with Node and gives what it prints, as lines. */
async function runProgram(name: string, source: string): Promise<string[]> {
  await writeFile(join(app, name), source);
  return (await run(process.execPath, [name])).trim().split("\n");
}

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "safedock-package-"));
  const options = ["--ignore-scripts", "--json", "--pack-destination", app];
  const packed: unknown = JSON.parse(await run("npm", ["pack", ...options], root));
  const [tarball] = packed as readonly { readonly filename: string }[];
  await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", private: true }));
  await run("npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    // What components need is 107 MB; everything else works without it.
    "--omit=optional",
    `./${tarball?.filename ?? ""}`,
  ]);
});

afterAll(async () => {
  await rm(app, { recursive: true, force: true });
});

describe("the packed tarball, installed", () => {
  it("brings nothing but its declared dependencies, without the optional one", async () => {
    const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const declared = Object.keys((manifest as { dependencies: object }).dependencies);
    const tree: unknown = JSON.parse(await run("npm", ["ls", "--json", "--depth=1"]));
    const { safedock } = (tree as { dependencies: { safedock: { dependencies: object } } })
      .dependencies;
    const found = Object.entries(safedock.dependencies).filter(([, entry]) => "version" in entry);
    expect(found.map(([name]) => name).sort()).toEqual(declared.sort());
  });

  it("is imported as a module, with its sub-paths", async () => {
    const lines = await runProgram(
      "app.mjs",
      `import { openEngine, SafedockError } from "safedock";
       import { startRegistry } from "safedock/testing";
       import { copy, SafedockError as Same } from "safedock/oci";
       console.log(typeof openEngine, SafedockError.name, typeof startRegistry);
       console.log(typeof copy, Same === SafedockError);`,
    );
    expect(lines).toEqual(["function SafedockError function", "function true"]);
  });

  it("is loaded by require()", async () => {
    const lines = await runProgram(
      "app.cjs",
      `const { openEngine } = require("safedock");
       const { startRegistry } = require("safedock/testing");
       const { copy } = require("safedock/oci");
       console.log(typeof openEngine, typeof startRegistry, typeof copy);`,
    );
    expect(lines).toEqual(["function function function"]);
  });

  it("hides what is not exported", async () => {
    const lines = await runProgram(
      "inside.mjs",
      `console.log(await import("safedock/dist/mount.js").then(() => "open", (error) => error.code));`,
    );
    expect(lines).toEqual(["ERR_PACKAGE_PATH_NOT_EXPORTED"]);
  });

  it("runs a module from a folder of its own and then lets the process end", async () => {
    const hello = join(root, "test", "guests", "c", "tools", "hello.wasm");
    const lines = await runProgram(
      "run.mjs",
      `import { openEngine } from "safedock";
       const engine = await openEngine({ root: ${JSON.stringify(join(app, "store"))} });
       const image = await engine.loadImage(${JSON.stringify(hello)});
       const { code, stdout } = await engine.run(image);
       console.log(code, Buffer.from(stdout).toString().trim());`,
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^0 .*hello/i);
  });

  it("type-checks in a strict app, its declarations included", async () => {
    await mkdir(join(app, "types"));
    await writeFile(
      join(app, "types", "app.mts"),
      await readFile(new URL("./fixtures/app.mts", import.meta.url), "utf8"),
    );
    await writeFile(
      join(app, "types", "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          target: "es2022",
          lib: ["es2023", "esnext.disposable"],
          module: "nodenext",
          skipLibCheck: false,
          types: ["node"],
          typeRoots: [join(root, "node_modules", "@types")],
        },
        include: ["app.mts"],
      }),
    );
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    // tsc prints its findings to stdout and exits with 1.
    const findings = await run(process.execPath, [compiler, "-p", "types"]).catch(
      (error: unknown) => (error as { readonly stdout: string }).stdout,
    );
    expect(findings).toBe("");
    // The compiler alone takes 10 s of a quiet core.
  }, 120_000);
});
