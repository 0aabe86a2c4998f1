import type { Access } from "../mount.js";
import type { HttpGrant } from "../http/http-grant.js";
import { approvedHttp } from "./approve-http.js";
import { approvedServices } from "./approve-services.js";
import { checkGrantRequest, type CheckedRequest } from "./check-grant-request.js";
import { checkGrants } from "./check-grants.js";
import { widthOf } from "./grant-width.js";
import type { GrantRequest } from "./grant-request.js";
import type { EnvValue, FsGrant, Grants, SocketsGrant } from "./grants.js";
import { plainCopy } from "./plain-copy.js";
import { isRecord, Problems, show } from "./problems.js";

/** What the host gives an image that asks for grants. */
export interface GrantApproval {
  /**
   * By the target that is asked for: the host's directory, or more about it, or null to refuse it. Each one
   * that is asked for must be here, but those that are optional. `access` may be less than what is asked.
   */
  readonly sources?: Readonly<Record<string, string | ApprovedSource | null>>;
  /**
   * By the variable's name: its value, or null to refuse it. Each one that is asked for must be here or in
   * `inheritEnv`, but those that are optional.
   */
  readonly env?: Readonly<Record<string, EnvValue | null>>;
  /** Variables that are asked for and taken from the app's own. */
  readonly inheritEnv?: readonly string[];
  /**
   * By the origin that is asked for: `{}` for all that is asked there, more about it, or null to refuse it.
   * Each one that is asked for must be here, but those that are optional.
   */
  readonly http?: Readonly<Record<string, ApprovedHttp | null>>;
  /** True for all sockets that are asked for, less of them, or null to refuse them; as with the others. */
  readonly sockets?: SocketsGrant | true | null;
  /** By name, as `env`. */
  readonly config?: Readonly<Record<string, EnvValue | null>>;
  /** By the store's name (`"default"` for `""`): true, or null to refuse it. Each one that is asked for must be here. */
  readonly keyvalue?: Readonly<Record<string, true | null>>;
}

/**
 * As the fields of an `HttpGrant`: the values of the credentials that are asked for, and where the name
 * may lead; all else may be less than what is asked.
 */
export type ApprovedHttp = Partial<Omit<HttpGrant, "origin">>;

/** As the fields of a `BindGrant`. */
export interface ApprovedSource {
  readonly source: string;
  readonly subPath?: string;
  readonly access?: Access;
  readonly maxBytes?: number;
  readonly maxFiles?: number;
}

const APPROVAL_KEYS = ["sources", "env", "inheritEnv", "http", "sockets", "config", "keyvalue"];
const SOURCE_KEYS = ["source", "subPath", "access", "maxBytes", "maxFiles"];

/**
 * Makes grants of those that an image asks for and what the host gives it. Nothing is granted that was not
 * asked for; what was asked for of clock, random, arguments and streams is granted as it stands, so look at
 * it before (`diffGrants({}, request).text`), or replace it in what this gives.
 *
 * @example
 * ```ts
 * const grants = approveGrants(
 *   { fs: [{ target: "/data" }], env: ["LOG", { name: "API_TOKEN", optional: true }] },
 *   { sources: { "/data": "./data" }, env: { LOG: "debug" } },
 * );
 * const result = await engine.run(image, { grants });
 * ```
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems: what is asked for and neither given nor
 * refused, what is given and was not asked for.
 */
export function approveGrants(request: GrantRequest, approval: GrantApproval = {}): Grants {
  const problems = new Problems();
  const asked = checkGrantRequest("request", plainCopy("request", request, problems), problems);
  const given = plainCopy("approval", approval, problems);
  problems.keys("approval.", given, APPROVAL_KEYS);
  problems.throwIfAny("approval of grants");
  const grants =
    asked !== undefined && isRecord(given) ? approvedGrants(asked, given, problems) : {};
  problems.throwIfAny("approval of grants");
  checkGrants(grants, problems);
  problems.throwIfAny("approval of grants");
  return grants;
}

function approvedGrants(
  asked: CheckedRequest,
  {
    sources = {},
    env = {},
    inheritEnv = [],
    http = {},
    ...services
  }: Readonly<Record<string, unknown>>,
  problems: Problems,
): Grants {
  const { args, clock, random, stdio } = asked.request;
  const fs = approvedMounts(asked, sources, problems);
  const requests = approvedHttp(asked, http, problems);
  return {
    ...approvedVariables(asked, env, inheritEnv, problems),
    ...(fs.length === 0 ? undefined : { fs }),
    ...(requests.length === 0 ? undefined : { http: requests }),
    ...approvedServices(asked, services, problems),
    ...(args === undefined ? undefined : { args }),
    ...(clock === undefined ? undefined : { clock }),
    ...(random === undefined ? undefined : { random }),
    ...(stdio === undefined ? undefined : { stdio }),
  };
}

function approvedMounts(
  { request, grants }: CheckedRequest,
  sources: unknown,
  problems: Problems,
): FsGrant[] {
  const approved: FsGrant[] = [];
  if (!isRecord(sources)) {
    problems.add(`sources: must be an object, not ${show(sources)}`);
    return approved;
  }
  const left = new Map(Object.entries(sources));
  for (const [index, wish] of (request.fs ?? []).entries()) {
    const mount = grants.mounts[index];
    if (mount === undefined) continue;
    if (mount.type === "memory") {
      approved.push(mount);
      continue;
    }
    const at = `sources[${show(mount.target)}]`;
    const name = left.has(wish.target) ? wish.target : mount.target;
    const choice = left.get(name);
    left.delete(name);
    const optional = "optional" in wish && wish.optional;
    if (choice === null || (choice === undefined && optional)) continue;
    if (choice === undefined) {
      problems.add(`${at}: the image asks for a directory there: give one, or null to refuse it`);
      continue;
    }
    const more = typeof choice === "string" ? { source: choice } : choice;
    problems.keys(`${at}.`, more, SOURCE_KEYS);
    if (!isApproved(more)) continue;
    const { access } = mount;
    if (widthOf(more.access) > widthOf(access)) {
      problems.add(`${at}.access: the image asks for no more than ${access}`);
    }
    approved.push({ target: mount.target, access, ...mount.quota, ...more });
  }
  for (const name of left.keys()) {
    problems.add(`sources[${show(name)}]: the image asks for no directory there`);
  }
  return approved;
}

/** The rest of it is checked with the grants. */
function isApproved(value: unknown): value is ApprovedSource {
  return isRecord(value);
}

function approvedVariables(
  { env: asked }: CheckedRequest,
  env: unknown,
  inheritEnv: unknown,
  problems: Problems,
): Pick<Grants, "env" | "inheritEnv"> {
  if (!isRecord(env) || !Array.isArray(inheritEnv)) {
    problems.add("env and inheritEnv: must be an object of values and an array of names");
    return {};
  }
  // What is no value is found when the grants are checked.
  const values = new Map(Object.entries(env as Record<string, EnvValue | null | undefined>));
  const inherited = new Set<unknown>(inheritEnv);
  const granted: [string, EnvValue][] = [];
  const taken: string[] = [];
  for (const { name, optional } of asked) {
    const value = values.get(name);
    const isGiven = values.delete(name);
    if (inherited.delete(name)) taken.push(name);
    else if (isGiven && value !== null && value !== undefined) granted.push([name, value]);
    else if (value !== null && optional !== true) {
      problems.add(`env.${name}: the image asks for it: give a value, or null to refuse it`);
    }
  }
  for (const name of [...values.keys(), ...inherited]) {
    problems.add(`env: the image does not ask for ${show(name)}`);
  }
  return {
    ...(granted.length === 0 ? undefined : { env: Object.fromEntries(granted) }),
    ...(taken.length === 0 ? undefined : { inheritEnv: taken }),
  };
}
