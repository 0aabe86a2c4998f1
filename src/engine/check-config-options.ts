import { posix } from "node:path";
import type { ConfigChanges } from "../image/image-plan.js";
import type { ImageConfigOptions } from "./build-options.js";
import { checkArguments, checkEnvironment } from "./check-environment.js";
import { isRecord, type Problems, show } from "./problems.js";

/** Longest working directory, in characters: Linux's PATH_MAX. */
const MAX_PATH = 4096;

export const CONFIG_KEYS = ["entrypoint", "cmd", "env", "workingDir", "labels"];

/** What a new image is to say of how it is run, in copies that were checked. */
export function checkConfigOptions(options: ImageConfigOptions, problems: Problems): ConfigChanges {
  const { entrypoint, cmd, env, workingDir, labels } = options;
  if (Array.isArray(entrypoint) && (entrypoint[0] === undefined || entrypoint[0] === "")) {
    problems.add("entrypoint: must name a program");
  }
  return {
    entrypoint:
      entrypoint === undefined ? undefined : checkArguments("entrypoint", entrypoint, problems),
    cmd: cmd === undefined ? undefined : checkArguments("cmd", cmd, problems),
    env: env === undefined ? undefined : checkPublicEnvironment(env, problems),
    workingDir: checkWorkingDir(workingDir, problems),
    labels: labels === undefined ? undefined : checkTexts("labels", labels, problems),
  };
}

/** Whoever can pull an image can read its variables. */
function checkPublicEnvironment(env: unknown, problems: Problems): ReadonlyMap<string, string> {
  const { env: checked, secrets } = checkEnvironment("env", env, problems);
  for (const name of secrets) problems.add(`env.${name}: an image cannot keep a secret`);
  return checked;
}

/** An object of texts, such as labels and annotations. */
export function checkTexts(
  at: string,
  texts: unknown,
  problems: Problems,
): ReadonlyMap<string, string> {
  const checked = new Map<string, string>();
  if (!isRecord(texts)) {
    problems.add(`${at}: must be an object of strings, not ${show(texts)}`);
    return checked;
  }
  for (const [name, value] of Object.entries(texts)) {
    if (name === "") problems.add(`${at}: a name must not be empty`);
    else if (typeof value === "string") checked.set(name, value);
    else problems.add(`${at}[${show(name)}]: must be a string, not ${show(value)}`);
  }
  return checked;
}

/** A time, given as such or as its text. */
export function checkTime(at: string, time: unknown, fallback: Date, problems: Problems): Date {
  if (time === undefined) return fallback;
  const date =
    time instanceof Date ? new Date(time) : new Date(typeof time === "string" ? time : NaN);
  // Before and after that RFC 3339, which configs are written in, has no text for it.
  const year = date.getUTCFullYear();
  if (year >= 0 && year <= 9999) return date;
  problems.add(`${at}: must be a Date, or a time as ISO 8601 has it, not ${show(time)}`);
  return fallback;
}

export function checkText(at: string, text: unknown, problems: Problems): string | undefined {
  if (text === undefined || typeof text === "string") return text;
  problems.add(`${at}: must be a string, not ${show(text)}`);
  return undefined;
}

function checkWorkingDir(path: unknown, problems: Problems): string | undefined {
  if (path === undefined) return undefined;
  if (
    typeof path === "string" &&
    path.startsWith("/") &&
    !path.includes("\0") &&
    path.length <= MAX_PATH
  ) {
    return posix.normalize(path);
  }
  problems.add(`workingDir: must be an absolute path, not ${show(path)}`);
  return undefined;
}
