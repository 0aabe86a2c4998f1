import { checkGrantRequest } from "./check-grant-request.js";
import { type CheckedServices, NO_SERVICES } from "./check-service-grants.js";
import { serviceEntries } from "./compare-services.js";
import { type ComparedHttp, httpText } from "./compare-http.js";
import type { CheckedMount } from "./check-fs-grants.js";
import { type CheckedGrants, checkGrants } from "./check-grants.js";
import { compare, compareAccess, type Comparison, together } from "./grant-width.js";
import { shownEnvironment } from "./hidden-value.js";
import type { EnvRequest } from "./grant-request.js";
import { plainCopy } from "./plain-copy.js";
import { isRecord, type Problems } from "./problems.js";

/** A grant in words, and the way to compare it with another of the same name. */
export interface Entry<T> {
  readonly value: T;
  readonly text: string;
}

/** Both kinds of grants in one form. */
export function comparableGrants(at: string, grants: unknown, problems: Problems) {
  const copy = plainCopy(at, grants ?? null, problems);
  const isRequest = looksRequested(copy);
  const request = isRequest ? checkGrantRequest(at, copy, problems) : undefined;
  const checked = request?.grants ?? checkGrants(isRequest ? {} : copy, problems);
  const { argsGrant, clock, random } = checked;
  const stdio = checked.stdio ?? { stdin: "pipe", stdout: "pipe", stderr: "pipe" };
  return {
    env: new Map<string, Entry<string | undefined>>([
      ...environment(checked),
      ...asked(request?.env),
    ]),
    args: { value: argsGrant === "given" ? 1 : 0, text: argsGrant },
    fs: new Map(
      checked.mounts.map((mount): [string, Entry<ComparedMount>] => {
        const compared = { ...mount, isAsked: isRequest };
        return [mount.target, { value: compared, text: mountText(compared) }];
      }),
    ),
    services: new Map<string, Entry<CheckedServices | undefined>>([
      ...serviceEntries(checked.services, NO_SERVICES),
      ...asked(request?.config).map(([name, entry]) => [`config:${name}`, entry] as const),
    ]),
    allServices: checked.services,
    http: byOrigin(checked.http.map((grant) => ({ ...grant, isAsked: isRequest }))),
    clock: { value: clock, text: clockText(clock) },
    random: { value: random, text: random.kind },
    stdin: { value: stdio.stdin, text: stdio.stdin },
    stdout: { value: stdio.stdout, text: stdio.stdout },
    stderr: { value: stdio.stderr, text: stdio.stderr },
  };
}

/** Names alone: the values are the host's. */
function asked(names: readonly EnvRequest[] = []): (readonly [string, Entry<undefined>])[] {
  return names.map(({ name, optional }) => [
    name,
    { value: undefined, text: optional === true ? "asked for, optional" : "asked for" },
  ]);
}

type ComparedMount = CheckedMount & { readonly isAsked: boolean };

/** Grants of requests by their origin: several of one say together what goes there. */
function byOrigin(
  grants: readonly ComparedHttp[],
): ReadonlyMap<string, Entry<readonly ComparedHttp[]>> {
  const origins = new Map<string, ComparedHttp[]>();
  for (const grant of grants) {
    const known = origins.get(grant.origin);
    if (known === undefined) origins.set(grant.origin, [grant]);
    else known.push(grant);
  }
  return new Map(
    [...origins].map(([origin, list]) => [
      origin,
      { value: list, text: list.map(httpText).join(" and ") },
    ]),
  );
}

/** Requests list names of variables, of what is configured and of credentials, and directories without sources. */
function looksRequested(copy: unknown): boolean {
  if (!isRecord(copy)) return false;
  const { env, fs, http, config, sockets } = copy;
  const isAskedHttp = (entry: unknown) =>
    isRecord(entry) &&
    ("reason" in entry || "optional" in entry || Array.isArray(entry.credentials));
  const isAsked = (entry: unknown) =>
    isRecord(entry) &&
    ("reason" in entry || "optional" in entry || !("source" in entry || entry.type === "memory"));
  return (
    "reason" in copy ||
    Array.isArray(env) ||
    Array.isArray(config) ||
    (isRecord(sockets) && ("reason" in sockets || "optional" in sockets)) ||
    (Array.isArray(fs) && fs.some(isAsked)) ||
    (Array.isArray(http) && http.some(isAskedHttp))
  );
}

/** By name: the value, with its way of getting there, and how it is shown. */
function environment({
  env,
  secrets,
  inheritEnv,
}: CheckedGrants): [string, Entry<string | undefined>][] {
  const shown = new Map(Object.entries(shownEnvironment(env, secrets)));
  const inherited = inheritEnv.filter((name) => !env.has(name));
  return [
    ...inherited.map((name): [string, Entry<string>] => [
      name,
      { value: "inherited", text: "inherited" },
    ]),
    ...[...env].map(([name, value]): [string, Entry<string>] => {
      const plain = shown.get(name);
      const text = typeof plain === "string" ? JSON.stringify(plain) : "<hidden>";
      return [name, { value: `=${value}`, text }];
    }),
  ];
}

export function compareMounts(old: ComparedMount, next: ComparedMount): Comparison {
  if (old.type === "memory" || next.type === "memory") {
    if (old.type !== "memory" || next.type !== "memory") return undefined;
    return together([compare(old.maxBytes, next.maxBytes), compare(old.maxFiles, next.maxFiles)]);
  }
  const bytes = [old, next].map(({ quota }) => quota?.maxBytes ?? Infinity) as [number, number];
  const files = [old, next].map(({ quota }) => quota?.maxFiles ?? Infinity) as [number, number];
  return together([
    old.isAsked || next.isAsked ? 0 : comparePlaces(place(old), place(next)),
    compareAccess(old.access, next.access),
    compare(...bytes),
    compare(...files),
  ]);
}

/** A directory below another one is less. */
function comparePlaces(old: string, next: string): Comparison {
  if (old === next) return 0;
  if (next.startsWith(`${old}/`)) return -1;
  return old.startsWith(`${next}/`) ? 1 : undefined;
}

function place({ source, subPath }: Extract<CheckedMount, { type: "bind" }>): string {
  return subPath === undefined ? source : `${source}/${subPath}`;
}

function mountText(mount: ComparedMount): string {
  const { maxBytes, maxFiles } = mount.type === "memory" ? mount : (mount.quota ?? NO_QUOTA);
  const bounds = [
    ...(maxBytes < Number.MAX_SAFE_INTEGER ? [`${maxBytes} bytes`] : []),
    ...(maxFiles < 2 ** 31 - 1 ? [`${maxFiles} files`] : []),
  ];
  const bound = bounds.length === 0 ? "" : `, at most ${bounds.join(" and ")}`;
  if (mount.type === "memory") return `memory${bound}`;
  const where = mount.isAsked ? "a directory" : JSON.stringify(place(mount));
  return `${where} ${mount.access}${bound}`;
}

const NO_QUOTA = { maxBytes: Infinity, maxFiles: Infinity };

function clockText(clock: CheckedGrants["clock"]): string {
  const step = clock.kind === "coarse" ? ` by ${clock.resolutionMs} ms` : "";
  const start = clock.startMs === undefined ? "" : ` from ${new Date(clock.startMs).toISOString()}`;
  return `${clock.kind}${step}${start}`;
}
