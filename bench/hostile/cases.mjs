// What the guests try, and how the answer is judged. `judge` gives nothing when the runtime holds, else in a few
// words how it fails. Every failing was seen in some runtime; the guest is test/guests/hostile/rivals/probe.c.
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const text = ({ stdout }) => stdout.toString("latin1").trim();
/** Share of a core, on a machine that may have other work; a runtime that is idle takes next to nothing. */
const SPINNING = 0.05;

const died = ({ error, crash }) => error ?? crash;
const short = (answer) => {
  const why = died(answer) ?? text(answer);
  return why.replaceAll(/\s+/g, " ").replaceAll("|", "/").slice(0, 60);
};

/** mount/ is granted; secret and beside/ are not. */
export function makeFolder(folder) {
  mkdirSync(join(folder, "mount"));
  mkdirSync(join(folder, "beside"));
  writeFileSync(join(folder, "secret"), "secret of the host");
  writeFileSync(join(folder, "beside", "secret"), "secret of the host");
  for (const name of ["old", "victim"]) writeFileSync(join(folder, "beside", name), "of the host");
  for (const name of ["own", "own2"]) writeFileSync(join(folder, "mount", name), "own");
  symlinkSync("../beside", join(folder, "mount", "out"));
}

/** What was changed beside the mount. */
function changedBeside(folder) {
  const beside = (name) => join(folder, "beside", name);
  const changes = [];
  if (existsSync(beside("made"))) changes.push("mkdir");
  if (existsSync(beside("renamed"))) changes.push("rename");
  if (existsSync(beside("linked"))) changes.push("link");
  if (statSync(beside("old")).mtimeMs < 10_000) changes.push("utimes");
  if (!existsSync(beside("victim"))) changes.push("unlink");
  return changes;
}

const isSecretOut = (answer) => {
  if (text(answer).includes("secret of the host")) return "reads it";
  return text(answer).includes("refused") ? undefined : short(answer);
};

export const cases = [
  {
    kind: "up",
    title: "reads `../secret` beside its directory",
    needs: "mount",
    judge: isSecretOut,
  },
  {
    kind: "link-up",
    title: "reads it through links that it makes: `x -> .`, `up -> x/..`",
    needs: "mount",
    judge: isSecretOut,
  },
  {
    kind: "out",
    title: "changes what lies behind a link of the host in mid-path",
    needs: "mount",
    judge: (answer, folder) => {
      const changes = changedBeside(folder);
      if (changes.length > 0) return changes.join(", ");
      return text(answer).includes("mkdir") ? undefined : short(answer);
    },
  },
  {
    kind: "look",
    beside: "flip",
    times: 4,
    title: "reads it while a second guest exchanges a directory on the way for a link",
    needs: "mount",
    judge: (answer) => {
      const [, escaped, of] = /escaped (\d+) of (\d+)/.exec(text(answer)) ?? [];
      if (of === undefined) return short(answer);
      if (Number(of) === 0) return "never saw it";
      return Number(escaped) > 0 ? "reads it" : undefined;
    },
  },
  {
    kind: "read-only",
    title: "writes to a directory that should be read-only",
    needs: "mount",
    options: { access: "read-only" },
    judge: (answer, folder) =>
      existsSync(join(folder, "mount", "made")) ? "no read-only directories" : undefined,
  },
  {
    kind: "memory",
    title: "takes 1 GiB of memory where 32 MiB are allowed",
    options: { memoryBytes: 32 * 2 ** 20 },
    judge: (answer) => {
      const got = Number(/got (\d+)/.exec(text(answer))?.[1] ?? Number.NaN);
      if (got <= 32) return undefined;
      return Number.isNaN(got) ? short(answer) : "no limit that binds the guest";
    },
  },
  {
    kind: "loop",
    title: "loops for ever with a deadline of 500 ms",
    options: { timeoutMs: 500 },
    judge: (answer) => {
      if (answer.crash !== undefined || answer.pending) return "never stopped";
      return answer.cpuAfter > SPINNING ? "said to be stopped, and goes on" : undefined;
    },
  },
  {
    kind: "exit",
    title: "leaves with 7: the app goes on and hears of it",
    judge: (answer) => {
      if (answer.crash !== undefined) return "ends the app";
      return answer.code === 7 ? undefined : `code ${answer.code ?? "lost"}`;
    },
  },
  {
    kind: "env",
    title: "finds the host's environment when none is given",
    options: { isEnvironmentUnset: true },
    judge: (answer) => (text(answer).includes("SECRET_OF_HOST") ? "finds it" : died(answer)),
  },
  {
    kind: "args",
    title: "is started with no arguments at all",
    needs: "args",
    options: { noArguments: true, args: [] },
    judge: (answer) => (text(answer) === "0 arguments" ? undefined : "cannot be started"),
  },
  {
    kind: "binary",
    title: "prints all 256 bytes",
    judge: ({ stdout }) =>
      stdout.equals(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
        ? undefined
        : "changed",
  },
  {
    kind: "flood",
    title: "prints 262,144 bytes and leaves at once",
    // Where it is cut depends on threads.
    times: 5,
    judge: ({ stdout }) => (stdout.length === 262_144 ? undefined : "cut short"),
  },
  {
    kind: "nul",
    title: "opens a path with a NUL in it",
    needs: ["mount", "memory-mount"],
    judge: (answer) =>
      /^errno [1-9]/.test(text(answer)) ? undefined : "throws in place of an errno",
  },
  {
    kind: "read",
    title: "waits for input that does not come: the app goes on",
    needs: "stdin",
    options: { stdin: "open" },
    // A blocked app never says how often it was called; one on a busy machine is called late.
    judge: ({ ticks }) => (ticks > 20 ? undefined : "blocks the app"),
  },
  {
    kind: "times",
    title: "sets a file's times to the nanosecond",
    needs: ["mount", "memory-mount"],
    judge: (answer) => (text(answer) === "123456789 987654321" ? undefined : "loses them"),
  },
  {
    kind: "no-rights",
    title: "opens a file with no rights, as many programs do, and reads it",
    needs: ["mount", "memory-mount"],
    judge: (answer) => (text(answer) === "errno 0, read 3" ? undefined : "refused"),
  },
  {
    kind: "grow",
    title: "prints from memory that has grown since the last call",
    judge: (answer) =>
      text(answer) === Array(20).fill("grown").join("\n") ? undefined : short(answer),
  },
  {
    kind: "descriptors",
    title: "leaves 500 descriptors open",
    needs: "mount",
    judge: (answer) => {
      if (!text(answer).startsWith("got")) return short(answer);
      return answer.left > 20 ? "the app keeps them open" : undefined;
    },
  },
];
