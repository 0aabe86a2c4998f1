import { isSafedockError } from "../base/errors.js";
import { checkReferencePart, parseReference, type Reference } from "../oci/reference.js";
import { checkMembers, type ProblemSink } from "./problem-sink.js";
import { readRequirement, type Requirement } from "./requirement.js";
import type { SignatureOptions } from "./signature-options.js";

/** What becomes of an image: it is taken, refused, or taken when it has the signatures that are named. */
export type PolicyAction = "accept" | "reject" | { readonly verify: SignatureOptions };

/** One rule of a {@link Policy}: where images come from, and what becomes of them. */
export interface PolicyRule {
  /**
   * - `ghcr.io/acme/hello`: this repository
   * - `ghcr.io/acme/*`: all repositories below
   * - `ghcr.io`: all of this registry
   * - `*.example.com`: all registries below this domain
   */
  readonly match: string;
  readonly action: PolicyAction;
}

/**
 * Which images an engine takes in and runs. The rule with the most specific `match` decides: a repository
 * before what lies above it, a longer path before a shorter one, a registry before a domain.
 */
export interface Policy {
  /** For repositories that no rule matches. There is no default: it must be said. */
  readonly default: PolicyAction;
  readonly rules?: readonly PolicyRule[];
  /**
   * For images that do not come from a registry: loaded, built or committed here. Default `accept` where
   * `default` is, else `reject`.
   */
  readonly local?: "accept" | "reject";
}

/** An action as it is carried out. */
export type Decision = "accept" | "reject" | Requirement;

/** Most rules of one policy: each pull goes through all of them. */
const MAX_RULES = 1000;
/** Names under which Docker's registry answers too. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["index.docker.io", "docker.io"],
  ["registry-1.docker.io", "docker.io"],
]);

interface ReadRule {
  readonly match: string;
  readonly decision: Decision;
}

/** A {@link Policy}, checked and read. */
export class ReadPolicy {
  constructor(
    private readonly rules: ReadonlyMap<string, ReadRule>,
    private readonly fallback: Decision,
    /** For images that come from no registry. */
    readonly local: "accept" | "reject",
  ) {}

  /** What is to be done with images of a repository, and the rule that says so. */
  decide(reference: Pick<Reference, "registry" | "repository">): ReadRule {
    const host = plainHost(reference.registry);
    const path = `${host}/${reference.repository}`;
    const exact = this.rules.get(path);
    if (exact !== undefined) return exact;
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const above = this.rules.get(`${path.slice(0, slash)}/*`);
      if (above !== undefined) return above;
    }
    const name = host.replace(/:\d+$/, "");
    for (let dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
      const domain = this.rules.get(`*${name.slice(dot)}/*`);
      if (domain !== undefined) return domain;
    }
    return { match: "default", decision: this.fallback };
  }
}

/** Reads a policy; problems go into `problems`, and `undefined` comes back with one. */
export function readPolicy(
  at: string,
  policy: unknown,
  problems: ProblemSink,
): ReadPolicy | undefined {
  let isBad = false;
  const sink = {
    add: (problem: string) => {
      isBad = true;
      problems.add(problem);
    },
  };
  if (!checkMembers(at, policy, ["default", "rules", "local"], sink)) return undefined;
  const fallback = readAction(`${at}.default`, policy["default"], sink);
  const rules = readRules(`${at}.rules`, policy["rules"] ?? [], sink);
  const local = policy["local"] ?? (fallback === "accept" ? "accept" : "reject");
  if (local !== "accept" && local !== "reject") {
    sink.add(`${at}.local: must be "accept" or "reject"`);
    return undefined;
  }
  if (isBad || fallback === undefined) return undefined;
  return new ReadPolicy(rules, fallback, local);
}

function readRules(at: string, value: unknown, sink: ProblemSink): Map<string, ReadRule> {
  const rules = new Map<string, ReadRule>();
  if (!Array.isArray(value) || value.length > MAX_RULES) {
    sink.add(`${at}: must be a list of at most ${MAX_RULES} rules`);
    return rules;
  }
  for (const [i, rule] of value.entries()) {
    const here = `${at}[${i}]`;
    if (!checkMembers(here, rule, ["match", "action"], sink)) continue;
    const { match } = rule;
    const decision = readAction(`${here}.action`, rule["action"], sink);
    const key = typeof match === "string" ? patternOf(match) : undefined;
    if (key === undefined || typeof match !== "string") {
      sink.add(`${here}.match: must be a registry, a repository, host/path/* or *.domain`);
    } else if (rules.has(key)) {
      sink.add(`${here}.match: another rule matches the same`);
    } else if (decision !== undefined) {
      rules.set(key, { match, decision });
    }
  }
  return rules;
}

function readAction(at: string, action: unknown, sink: ProblemSink): Decision | undefined {
  if (action === "accept" || action === "reject") return action;
  if (typeof action !== "object" || action === null) {
    sink.add(`${at}: must be "accept", "reject" or { verify }`);
    return undefined;
  }
  if (!checkMembers(at, action, ["verify"], sink)) return undefined;
  return readRequirement(`${at}.verify`, action["verify"], sink);
}

/** The form in which `decide` looks a pattern up; `undefined` for what is none. */
function patternOf(match: string): string | undefined {
  const domain = /^\*(\.[^/*:]+)(?:\/\*)?$/.exec(match)?.[1];
  if (domain !== undefined) return isHost(`x${domain}`) ? `*${domain.toLowerCase()}/*` : undefined;
  const slash = match.indexOf("/");
  const host = slash === -1 ? match : match.slice(0, slash);
  if (!isHost(host)) return undefined;
  const path = slash === -1 ? "*" : match.slice(slash + 1);
  if (path === "*") return `${plainHost(host)}/*`;
  const above = path.endsWith("/*") ? path.slice(0, -2) : path;
  if (!isAccepted(() => checkReferencePart("repository", above))) return undefined;
  // Short names of Docker's registry stand for longer ones.
  const { registry, repository } = parseReference(`${host}/${above}`);
  if (registry !== host && plainHost(registry) !== plainHost(host)) return undefined;
  return `${plainHost(host)}/${above === path ? repository : path}`;
}

function isHost(host: string): boolean {
  // A word without dot or port would be read as the first part of a repository.
  return isAccepted(() => parseReference(`${host}/a/b`).repository === "a/b");
}

function isAccepted(check: () => unknown): boolean {
  try {
    return check() !== false;
  } catch (error) {
    if (isSafedockError(error)) return false;
    throw error;
  }
}

/** Names of one host that a reference may be written with must not slip past its rules. */
function plainHost(registry: string): string {
  const host = registry.toLowerCase().replace(/:443$/, "");
  return ALIASES.get(host) ?? host;
}
