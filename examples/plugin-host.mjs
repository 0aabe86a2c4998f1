// A host of plugins: components that others have written, called with typed values, given two functions of the
// app and nothing else, and replaced when they trap or take too long.
// Run with: node examples/plugin-host.mjs
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isSafedockError, openEngine } from "safedock";

const plugin = fileURLToPath(new URL("../test/guests/components/real/kinds.wasm", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "safedock-plugins-"));
const engine = await openEngine({ root: join(folder, "store") });

/** What every plugin may ask of the app. */
const users = new Map([
  ["ada", "Ada Lovelace"],
  ["grace", "Grace Hopper"],
]);
const imports = {
  "acme:kinds/host": {
    log: ({ level, message, fields }) => console.log(`  plugin ${level}: ${message}`, fields),
    // An app's functions may take their time: the plugin waits, the app does not.
    async lookup(name) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const found = users.get(name);
      if (found === undefined) throw Object.assign(new Error("no such user"), { payload: 404 });
      return found;
    },
    addAll: (numbers) => numbers.reduce((sum, one) => sum + one, 0n),
  },
  notify: (text) => text.length > 0,
};

/** Calls a plugin; tells what went wrong in one line, and goes on. */
async function attempt(container, name, ...args) {
  try {
    console.log(name, "→", await container.call(name, ...args));
  } catch (error) {
    if (isSafedockError(error, "ERR_CALL_FAILED")) console.log(name, "✗", error.data.payload);
    else if (isSafedockError(error)) console.log(name, "✗", `${error.code}: ${error.message}`);
    else throw error;
  }
}

try {
  // Prepared when it is installed, so that the first call does not wait for it.
  const image = await engine.loadImage(plugin, { prepare: true });
  const container = await engine.createContainer(image, {
    imports,
    limits: { timeoutMs: 300, memoryBytes: 16 * 2 ** 20 },
  });

  await attempt(container, "add", 2, 40);
  await attempt(container, "ask", "ada");
  await attempt(container, "ask", "nobody");
  await attempt(container, "add", 2, "40");

  // A resource stays in the plugin; the app holds a handle.
  const bucket = await container.call("acme:kinds/store#[constructor]bucket", "settings");
  await bucket.call("set", "theme", "dark");
  await attempt(container, "acme:kinds/store#describe", bucket);
  await bucket[Symbol.asyncDispose]();

  // A plugin that traps or never ends harms nobody: the next call has a fresh instance.
  await attempt(container, "trap");
  await attempt(container, "spin");
  await attempt(container, "add", 1, 1);

  const times = [];
  for (let n = 0; n < 500; n++) {
    const from = performance.now();
    await container.call("add", n, 1);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  console.log(`500 more calls: median ${(times[250] * 1000).toFixed(0)} µs`);
  await container.remove();
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}
