// One runtime and one case in a process of its own: runs the guest and sends what the app saw of it. What the
// guest prints to the process's own stdout, the parent reads. The order comes as a message.
import { readdirSync } from "node:fs";

/** What is being ended may need this long, in ms; then the process is watched for longer. */
const SETTLE_MS = 1_000;
const WATCHED_MS = 2_000;

const descriptors = () => readdirSync("/proc/self/fd").length;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How much of a core the process takes while nothing should run in it. */
async function shareOfCore() {
  const before = process.cpuUsage();
  await pause(WATCHED_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / WATCHED_MS;
}

process.once("message", async ({ runtime, options, patienceMs, setup }) => {
  const { open } = await import(`./runtimes/${runtime}.mjs`);
  const opened = await open(setup);
  const before = descriptors();
  let ticks = 0;
  const ticker = setInterval(() => ticks++, 10);
  const answer = await Promise.race([
    opened.run(options).then(
      ({ code, reason, stdout }) => ({ code, reason, stdout: stdout && [...stdout] }),
      (error) => ({ error: String(error?.message ?? error).slice(0, 300) }),
    ),
    pause(patienceMs).then(() => ({ pending: true })),
  ]);
  clearInterval(ticker);
  const left = descriptors() - before;
  await pause(SETTLE_MS);
  const cpuAfter = options.timeoutMs === undefined ? undefined : await shareOfCore();
  process.send({ ...answer, ticks, left, cpuAfter }, () => process.exit(0));
});
