import { spawn } from "node:child_process";
import { printable } from "../base/printable.js";
import { JsonNode } from "../oci/json-node.js";
import { invalid } from "./auth-file.js";
import type { Credentials } from "./credentials.js";

export interface HelperOptions {
  /** Longest run of a helper, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Long enough for a helper that asks a cloud or unlocks a keychain, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Largest answer of a helper, in bytes: tokens of clouds have some KiB. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** What may stand behind `docker-credential-`: no path, no option, nothing a shell would read. */
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** What helpers of Docker's library print for a registry that they do not know. */
const NOT_FOUND = "credentials not found in native keychain";
/** User name by which a helper says that its secret is an identity token. */
const TOKEN_USER = "<token>";

/**
 * Asks `docker-credential-NAME get` for a login (Docker's credential helper protocol): the registry
 * goes in over stdin, JSON comes out over stdout. No shell is involved.
 *
 * @returns `undefined` when the helper has no login for `server`
 * @throws SafedockError `ERR_CREDENTIALS_INVALID`; an abort throws the signal's reason
 */
export async function askHelper(
  name: string,
  server: string,
  options: HelperOptions = {},
): Promise<Credentials | undefined> {
  const program = `docker-credential-${printable(name, 64)}`;
  if (!SAFE_NAME.test(name)) throw invalid(program, "a helper's name has letters, digits, . _ -");
  const { exitCode, output } = await runHelper(program, server, options);
  if (exitCode !== 0) {
    const said = output.toString("utf8").trim();
    if (said === NOT_FOUND) return undefined;
    // Helpers print errors where the secret would stand; the first line of one is no secret.
    throw invalid(program, `it failed (${exitCode})${said === "" ? "" : `: ${firstLine(said)}`}`);
  }
  return readAnswer(program, output);
}

function readAnswer(program: string, output: Buffer): Credentials | undefined {
  const reject = (problem: string) => invalid(program, `its answer: ${problem}`);
  const answer = JsonNode.parse(output, MAX_OUTPUT_BYTES, reject).object();
  const username = answer.member("Username")?.string() ?? "";
  const secret = answer.member("Secret")?.string() ?? "";
  if (username === TOKEN_USER) return secret === "" ? undefined : { identityToken: secret };
  return username === "" && secret === "" ? undefined : { username, password: secret };
}

function runHelper(
  program: string,
  server: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: HelperOptions,
): Promise<{ readonly exitCode: number | string; readonly output: Buffer }> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's reason, untouched
      reject(signal.reason);
      return;
    }
    const child = spawn(program, ["get"], {
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      finish();
      // A helper's own child may hold the pipe open; nothing more is read.
      child.stdout.destroy();
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    };
    const fail = (problem: string) => settle(() => reject(invalid(program, problem)));
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's reason, untouched
    const onAbort = () => settle(() => reject(signal?.reason));
    const timer = setTimeout(() => fail(`it did not answer within ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    child.once("error", (error) => {
      const code: unknown = Reflect.get(error, "code");
      fail(code === "ENOENT" ? "there is no such program on the PATH" : "it cannot be started");
    });
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > MAX_OUTPUT_BYTES) fail(`it printed more than ${MAX_OUTPUT_BYTES} bytes`);
      else chunks.push(chunk);
    });
    // All that it printed, and how it ended; that is both there only now.
    child.once("close", (code, killedBy) => {
      const exitCode = code ?? killedBy ?? "killed";
      settle(() => resolve({ exitCode, output: Buffer.concat(chunks) }));
    });
    // A helper that ends without reading is no fault of the pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(server);
  });
}

function firstLine(text: string): string {
  return printable(text.split(/[\r\n]/, 1)[0] ?? "");
}
