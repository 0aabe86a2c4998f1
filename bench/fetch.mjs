// Requests per second of a hello component of wasi:http/proxy, each server in a process of its own under the same
// load: container.fetch behind node:http, with an instance for each request and with one that is used again, against
// `jco serve`, which has one instance for all requests.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { componentPath, withFolder } from "./guests.mjs";
import { requestsPerSecond } from "./load.mjs";
import { line, report } from "./report.mjs";
import { median, takeTurns } from "./statistics.mjs";

const ROUNDS = 6;
const LOAD = { connections: 16, ms: 2000 };
const component = componentPath("real/hello-proxy");
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A process in a group of its own: jco serves from a child of its command. */
function start(args) {
  const child = spawn(process.execPath, ["--no-warnings", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { child, stop };
}

async function safedock(folder, ...more) {
  const { child, stop } = start([here("programs/serve-component.mjs"), component, folder, ...more]);
  const [port] = await once(child.stdout, "data");
  return { port: Number(port.toString()), stop };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function jcoServe() {
  const port = await freePort();
  const jco = here("node_modules/@bytecodealliance/jco/dist/jco.js");
  const { child, stop } = start([jco, "serve", component, "--port", String(port)]);
  child.stdout.resume();
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return { port, stop };
    } catch {
      await sleep(100);
    }
  }
  await stop();
  throw new Error("jco serve never answered");
}

await withFolder(async (folder) => {
  const servers = [];
  try {
    for (const started of [
      () => safedock(join(folder, "fresh")),
      () => safedock(join(folder, "reused"), "reuse"),
      jcoServe,
    ]) {
      servers.push(await started());
    }
    const [fresh, reused, jco] = servers;
    const sample = (server) => () => requestsPerSecond(server.port, LOAD);
    const figures = await takeTurns(
      [
        { name: "fresh", sample: sample(fresh) },
        { name: "reused", sample: sample(reused) },
        { name: "jco", sample: sample(jco) },
      ],
      ROUNDS,
    );
    const of = (name) => median(figures.get(name));
    const rivals = [{ name: "jco serve (one instance for all)", value: of("jco") }];
    const target = { atLeast: 3, target: "≥ 3 × jco serve" };
    await report([
      line({
        question: `requests per second of a hello proxy, an instance for each, ${LOAD.connections} connections`,
        unit: "runs/s",
        ours: of("fresh"),
        rivals,
        ratio: of("fresh") / of("jco"),
        ...target,
      }),
      line({
        question: "the same, the instance used again, as by jco serve",
        unit: "runs/s",
        ours: of("reused"),
        rivals,
        ratio: of("reused") / of("jco"),
        ...target,
      }),
    ]);
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
  }
});
