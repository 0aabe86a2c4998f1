import { printable } from "../base/printable.js";
import { checkNames } from "./check-environment.js";
import { type CheckedGrants, checkGrants } from "./check-grants.js";
import type { EnvRequest, GrantRequest } from "./grant-request.js";
import { isRecord, type Problems, show } from "./problems.js";

/** A {@link GrantRequest}, checked. `fs` and `http` of the request have the order of `mounts` and `http` of the grants. */
export interface CheckedRequest {
  readonly request: GrantRequest;
  readonly env: readonly EnvRequest[];
  readonly config: readonly EnvRequest[];
  /** As if the host had chosen directories. */
  readonly grants: CheckedGrants;
}

const REQUEST_KEYS = [
  "reason",
  "env",
  "fs",
  "http",
  "sockets",
  "config",
  "keyvalue",
  "logging",
  "args",
  "clock",
  "random",
  "stdio",
];
const ENV_KEYS = ["name", "reason", "optional"];
/** Stands for the directory that the host has not chosen yet. */
const SOME_DIRECTORY = ".";
/** Characters of a reason: what a person reads before approving. */
const MAX_REASON = 500;

/** Checks a plain copy of a {@link GrantRequest}. */
export function checkGrantRequest(
  at: string,
  request: unknown,
  problems: Problems,
): CheckedRequest | undefined {
  if (!isRecord(request)) {
    problems.add(`${at}: must be an object, not ${show(request)}`);
    return undefined;
  }
  problems.keys(`${at}.`, request, REQUEST_KEYS);
  const { reason, env, fs, http, config, ...others } = request;
  const { args, clock, random, stdio, keyvalue, logging } = others;
  checkReason(at, reason, problems);
  const variables = env === undefined ? [] : checkVariables(`${at}.env`, env, problems);
  checkNames(
    `${at}.env`,
    variables.map(({ name }) => name),
    problems,
  );
  const configured = config === undefined ? [] : checkVariables(`${at}.config`, config, problems);
  const sockets = withoutReason(`${at}.sockets`, others.sockets, problems);
  const mounts = Array.isArray(fs)
    ? fs.map((entry, index) => asGrant(`${at}.fs[${index}]`, entry, problems))
    : fs;
  const requests = Array.isArray(http)
    ? http.map((entry, index) => asHttpGrant(`${at}.http[${index}]`, entry, problems))
    : http;
  const services = { sockets, keyvalue, logging };
  const grants = checkGrants(
    { args, fs: mounts, http: requests, clock, random, stdio, ...services },
    problems,
  );
  // Its shape is what was just checked.
  return { request, env: variables, config: configured, grants };
}

function checkVariables(at: string, env: unknown, problems: Problems): readonly EnvRequest[] {
  if (!Array.isArray(env)) {
    problems.add(`${at}: must be an array of names, not ${show(env)}`);
    return [];
  }
  const variables: EnvRequest[] = [];
  const names = new Set<string>();
  for (const [index, entry] of env.entries()) {
    const where = `${at}[${index}]`;
    const { name, reason, optional } = isRecord(entry)
      ? entry
      : { name: entry as unknown, reason: undefined, optional: undefined };
    if (isRecord(entry)) problems.keys(`${where}.`, entry, ENV_KEYS);
    checkReason(where, reason, problems);
    problems.boolean(`${where}.optional`, optional);
    if (typeof name !== "string" || !isPlainLine(name)) {
      problems.add(`${where}: must be the name of a variable, not ${show(name)}`);
    } else if (names.has(name)) {
      problems.add(`${where}: ${show(name)} is asked for twice`);
    } else {
      names.add(name);
      variables.push({ name, optional: optional === true });
    }
  }
  return variables;
}

function withoutReason(at: string, wish: unknown, problems: Problems): unknown {
  if (!isRecord(wish)) return wish;
  const { reason, optional, ...grant } = wish;
  checkReason(at, reason, problems);
  problems.boolean(`${at}.optional`, optional);
  return grant;
}

/** A requested mount as the grant that it would be. */
function asGrant(at: string, entry: unknown, problems: Problems): unknown {
  if (!isRecord(entry)) return entry;
  const { reason, optional, ...grant } = entry;
  checkReason(at, reason, problems);
  for (const name of ["source", "subPath"]) {
    if (name in grant) problems.add(`${at}.${name}: only the host can say that`);
  }
  if (typeof grant.target === "string" && !isPlainLine(grant.target)) {
    problems.add(`${at}.target: must not hold control characters`);
  }
  if (grant.type === "memory") {
    if (optional !== undefined) problems.add(`${at}.optional: memory is always there`);
    return grant;
  }
  problems.boolean(`${at}.optional`, optional);
  return { ...grant, source: SOME_DIRECTORY, subPath: undefined };
}

/** Requests that are asked for as the grant that they would be, the values of credentials empty. */
function asHttpGrant(at: string, entry: unknown, problems: Problems): unknown {
  if (!isRecord(entry)) return entry;
  const { reason, optional, credentials, ...grant } = entry;
  checkReason(at, reason, problems);
  problems.boolean(`${at}.optional`, optional);
  for (const name of ["addresses", "proxy"]) {
    if (name in grant) problems.add(`${at}.${name}: only the host can say that`);
  }
  if (credentials === undefined) return { ...grant, addresses: undefined, proxy: undefined };
  if (!Array.isArray(credentials) || !credentials.every((name) => typeof name === "string")) {
    problems.add(`${at}.credentials: must be an array of names of headers, without values`);
    return { ...grant, addresses: undefined, proxy: undefined };
  }
  const named = Object.fromEntries(credentials.map((name): [string, string] => [name, ""]));
  return { ...grant, addresses: undefined, proxy: undefined, credentials: named };
}

/** What a person is to read must not steer a terminal. */
function checkReason(at: string, reason: unknown, problems: Problems): void {
  if (reason === undefined) return;
  if (typeof reason === "string" && reason.length <= MAX_REASON && isPlainLine(reason)) return;
  problems.add(`${at}.reason: must be one line of at most ${MAX_REASON} characters`);
}

function isPlainLine(text: string): boolean {
  return printable(text, text.length) === text;
}
