// A server of functions: each path is answered by a container of its own, started for the request. One is a
// component of wasi:http/proxy, the other a program that speaks CGI.
// Run with: node examples/function-server.mjs [port]     without a port it asks itself, and ends
import { once } from "node:events";
import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRouter, openEngine, toNodeHandler } from "safedock";

const guest = (path) => fileURLToPath(new URL(`../test/guests/${path}`, import.meta.url));
const port = Number(process.argv[2] ?? 0);
const folder = await mkdtemp(join(tmpdir(), "safedock-functions-"));
const engine = await openEngine({ root: join(folder, "store") });

async function functionOf(path, options) {
  const image = await engine.loadImage(guest(path), { prepare: true });
  return await engine.createContainer(image, { limits: { timeoutMs: 2_000 }, ...options });
}

const hello = await functionOf("components/real/hello-proxy.wasm");
const tools = await functionOf("c/tools/cgi.wasm", { grants: { env: { STAGE: "demo" } } });

const router = createRouter({
  "/": hello,
  // The program gets "7" of /users/7/env as the variable X_PARAM_ID, and "/env" as PATH_INFO.
  "/users/[id]/[...page]": tools,
  "/tools/[...page]": tools,
});
const server = createServer(toNodeHandler(router));
server.listen(port, "127.0.0.1");
await once(server, "listening");
const origin = `http://127.0.0.1:${server.address().port}`;
console.log(`serving on ${origin}`);

async function stop() {
  server.closeAllConnections();
  server.close();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}

if (port !== 0) {
  process.once("SIGINT", stop);
} else {
  try {
    for (const path of ["/", "/users/7/env?full=yes", "/tools/count", "/tools/count", "/nothing"]) {
      const response = await fetch(origin + path);
      const text = await response.text();
      console.log(`GET ${path} → ${response.status}`);
      console.log(text.trimEnd().replaceAll(/^/gm, "  "));
    }
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(origin)));
    await Promise.all(answers.map((answer) => answer.text()));
    const ms = performance.now() - started;
    console.log(`200 requests, an instance for each: ${ms.toFixed(0)} ms`);
  } finally {
    await stop();
  }
}
