import { printable } from "../base/printable.js";
import { comparableGrants, compareMounts, type Entry } from "./comparable-grants.js";
import { type ComparedHttp, compareHttp } from "./compare-http.js";
import { compareServices, widerServices, withoutService } from "./compare-services.js";
import type { GrantRequest } from "./grant-request.js";
import {
  compare,
  compareClocks,
  compareModes,
  compareRandom,
  type Comparison,
  same,
} from "./grant-width.js";
import type { Grants } from "./grants.js";
import { Problems } from "./problems.js";

/** What tells two sets of grants apart: plain data. */
export interface GrantDiff {
  /** In the order env, args, fs, http, sockets, config, keyvalue, logging, clock, random, streams; empty for grants that allow the same. */
  readonly changes: readonly GrantChange[];
  /** Whether the new ones allow anything that the old ones do not: something is added, widened or changed. */
  readonly widens: boolean;
  /** A line for each change, for a person who is to approve it; empty without changes. */
  readonly text: string;
}

/** One grant that is not as it was. */
export interface GrantChange {
  /** As `container.revokeGrants` has it: `env:LOG`, `fs:/data`, `http:https://api.example.com`,
   * `sockets:tcp.connect 10.0.0.5:5432`, `sockets:lookup db.example.com`, `config:LEVEL`, `keyvalue:default`, `logging`, `args`, `clock`, `random`, `stdin`, `stdout` or `stderr`. */
  readonly grant: string;
  /** `changed`: neither more nor less, but something else, such as another directory. */
  readonly kind: "added" | "removed" | "widened" | "narrowed" | "changed";
  /** What it was, in words; absent for one that is added. The values of secrets are hidden. */
  readonly from?: string;
  /** What it is; absent for one that is removed. */
  readonly to?: string;
}

/**
 * What a new version asks for, or is granted, that an old one was not.
 *
 * @example
 * ```ts
 * const { widens, text } = diffGrants(
 *   { fs: [{ source: "./data", target: "/data" }] },
 *   { fs: [{ source: "./data", target: "/data", access: "read-write" }], clock: "real" },
 * );
 * if (widens) console.log(text); // "fs:/data widened: …\nclock widened: frozen → real"
 * ```
 * @param old - grants, or what an image asks for (`image.requestedGrants`).
 * @param next - the same; a request compares with grants by what both say.
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function diffGrants(old: Grants | GrantRequest, next: Grants | GrantRequest): GrantDiff {
  const problems = new Problems();
  const before = comparableGrants("old", old, problems);
  const after = comparableGrants("next", next, problems);
  problems.throwIfAny("grants to compare");
  const changes = [
    ...diffMaps("env:", before.env, after.env, (a, b) =>
      a === undefined || b === undefined ? 0 : same(a, b),
    ),
    ...diffOne("args", before.args, after.args, (a, b) => compare(a, b)),
    ...diffMaps("fs:", before.fs, after.fs, compareMounts),
    ...diffHttp(before.http, after.http),
    ...diffServices(before, after),
    ...diffOne("clock", before.clock, after.clock, compareClocks),
    ...diffOne("random", before.random, after.random, compareRandom),
    ...(["stdin", "stdout", "stderr"] as const).flatMap((name) =>
      diffOne(name, before[name], after[name], compareModes),
    ),
  ];
  const widens = changes.some(({ kind }) => kind !== "removed" && kind !== "narrowed");
  return { changes, widens, text: changes.map(lineOf).join("\n") };
}

function diffMaps<T>(
  prefix: string,
  old: ReadonlyMap<string, Entry<T>>,
  next: ReadonlyMap<string, Entry<T>>,
  comparing: (old: T, next: T) => Comparison,
): GrantChange[] {
  const names = [...new Set([...old.keys(), ...next.keys()])];
  return names.flatMap((name): GrantChange[] => {
    const [from, to] = [old.get(name), next.get(name)];
    const grant = `${prefix}${name}`;
    if (from !== undefined && to !== undefined) return diffOne(grant, from, to, comparing);
    if (from !== undefined) return [{ grant, kind: "removed", from: from.text }];
    return to === undefined ? [] : [{ grant, kind: "added", to: to.text }];
  });
}

/** An origin that an old grant covers with others, as `https://*.example.com` does, is less of that grant. */
function diffHttp(old: HttpEntries, next: HttpEntries): GrantChange[] {
  const covering = (grants: readonly ComparedHttp[]) =>
    [...old].find(([, { value }]) => compareHttp(value, [...value, ...grants]) === 0);
  return diffMaps("http:", old, next, compareHttp).map((change): GrantChange => {
    const added =
      change.kind === "added" ? next.get(change.grant.slice("http:".length)) : undefined;
    const wide = added === undefined ? undefined : covering(added.value);
    if (wide === undefined) return change;
    return { ...change, kind: "narrowed", from: `${wide[0]} ${wide[1].text}` };
  });
}

/**
 * An entry that old ones cover, as `10.0.0.0/8:*` does many, is less of them, and what new ones cover is more. What
 * others cover on both sides makes no difference.
 */
function diffServices(old: Compared, next: Compared): GrantChange[] {
  const changes = diffMaps("", old.services, next.services, (a, b) =>
    a === undefined || b === undefined ? 0 : compareServices(a, b),
  );
  return changes.flatMap((change): GrantChange[] => {
    const { grant, kind } = change;
    if (kind !== "added" && kind !== "removed") return [change];
    const [own, other] = kind === "added" ? [next, old] : [old, next];
    const value = own.services.get(grant)?.value;
    if (value === undefined || widerServices(other.allServices, value).length > 0) return [change];
    const rest = withoutService(own.allServices, own.allServices, grant);
    if (rest !== undefined && widerServices(rest, value).length === 0) return [];
    return kind === "added"
      ? [{ ...change, kind: "narrowed", from: PART }]
      : [{ ...change, kind: "widened", to: PART }];
  });
}

const PART = "part of more";

type Compared = ReturnType<typeof comparableGrants>;

type HttpEntries = ReadonlyMap<string, Entry<readonly ComparedHttp[]>>;

function diffOne<T>(
  grant: string,
  from: Entry<T>,
  to: Entry<T>,
  comparing: (old: T, next: T) => Comparison,
): GrantChange[] {
  const order = comparing(from.value, to.value);
  if (order === 0) return [];
  const kind = order === undefined ? "changed" : order > 0 ? "widened" : "narrowed";
  return [{ grant, kind, from: from.text, to: to.text }];
}

/** Longest line, in characters: a path of a host and one more. */
const MAX_LINE = 500;

function lineOf({ grant, kind, from, to }: GrantChange): string {
  const what = [from, to].filter((text) => text !== undefined).join(" → ");
  return printable(`${grant} ${kind}: ${what}`, MAX_LINE);
}
