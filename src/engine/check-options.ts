import { checkArguments, checkedArguments } from "./check-environment.js";
import { type CheckedGrants, checkGrants } from "./check-grants.js";
import { checkImports, type HostFunctions, NO_HOST_FUNCTIONS } from "./check-imports.js";
import { checkLimits } from "./check-limits.js";
import { checkListener } from "./check-process-options.js";
import { checkGrantedStores, checkStores, NO_STORES, type Stores } from "./check-stores.js";
import {
  checkHttpOptions,
  type CheckedHttpOptions,
  DEFAULT_HTTP_OPTIONS,
} from "./container-http-options.js";
import type { ContainerOptions, Rootfs } from "./container-options.js";
import { type CheckedLimits, DEFAULT_LIMITS } from "./limits.js";
import { plainCopy } from "./plain-copy.js";
import { Problems, show } from "./problems.js";

/** Container options, checked as one piece and with every default filled in. */
export interface CheckedOptions extends CheckedGrants {
  readonly args: readonly string[] | undefined;
  /** The command line in place of the image's: the given entrypoint and `args`. */
  readonly command: readonly string[] | undefined;
  readonly limits: CheckedLimits;
  readonly rootfs: Rootfs;
  /** Functions of the app that components may import. */
  readonly imports: HostFunctions;
  /** How requests of HTTP are answered. */
  readonly serving: CheckedHttpOptions;
  /** The container's own stores. */
  readonly stores: Stores;
  readonly onLog: ContainerOptions["onLog"];
}

const ROOTFS: readonly string[] = ["writable", "read-only", "memory", "none"] satisfies Rootfs[];
export const NO_KEYS: readonly string[] = [];
export const CONTAINER_KEYS = [
  "entrypoint",
  "args",
  "grants",
  "limits",
  "rootfs",
  "imports",
  "http",
  "stores",
  "onLog",
];

/**
 * Checks everything before anything opens; throws one ERR_OPTIONS_INVALID with all problems.
 *
 * @param shared - stores of the engine
 */
export function checkContainerOptions(
  options: ContainerOptions,
  moreKeys: readonly string[] = NO_KEYS,
  shared: Stores = NO_STORES,
): CheckedOptions {
  const problems = new Problems();
  const given = readOptions(options, moreKeys, problems);
  const args = given.args === undefined ? undefined : checkArguments("args", given.args, problems);
  const command =
    given.entrypoint === undefined
      ? undefined
      : [...checkEntrypoint(given.entrypoint, problems), ...(args ?? [])];
  const grants = checkGrants(given.grants, problems);
  const limits = given.limits === undefined ? DEFAULT_LIMITS : checkLimits(given.limits, problems);
  const rootfs = checkRootfs(given.rootfs, problems);
  const imports =
    given.imports === undefined ? NO_HOST_FUNCTIONS : checkImports(given.imports, problems);
  const serving =
    given.http === undefined ? DEFAULT_HTTP_OPTIONS : checkHttpOptions(given.http, problems);
  const stores = given.stores === undefined ? NO_STORES : checkStores(given.stores, problems);
  if (grants.services.keyvalue.length > 0) {
    checkGrantedStores(grants.services.keyvalue, [stores, shared], problems);
  }
  checkedArguments(command ?? args, grants.env, problems);
  problems.throwIfAny("container options");
  return {
    // Member by member: a warm run spends more time on spreading them than on all the rest.
    env: grants.env,
    secrets: grants.secrets,
    inheritEnv: grants.inheritEnv,
    argsGrant: grants.argsGrant,
    mounts: grants.mounts,
    clock: grants.clock,
    random: grants.random,
    stdio: grants.stdio,
    http: grants.http,
    services: grants.services,
    args,
    command,
    limits,
    rootfs,
    imports,
    serving,
    stores,
    // It was found to be a function.
    onLog: given.onLog as ContainerOptions["onLog"],
  };
}

type Given = { readonly [K in keyof ContainerOptions]: unknown };
const NOTHING: Given = Object.freeze({});

/** Each option, read once; those that are no plain data (`stdin`, `signal`) are only looked at. */
function readOptions(
  options: ContainerOptions,
  moreKeys: readonly string[],
  problems: Problems,
): Given {
  let given = NOTHING;
  try {
    problems.keys(
      "",
      options,
      moreKeys.length === 0 ? CONTAINER_KEYS : [...CONTAINER_KEYS, ...moreKeys],
    );
    if (typeof options !== "object" || options === null) return NOTHING;
    if ("stdin" in options) checkStdin(options.stdin, problems);
    if ("audit" in options) problems.boolean("audit", options.audit);
    if ("onHostCall" in options) checkListener(options.onHostCall, problems);
    const { entrypoint, args, grants, limits, rootfs, imports, http, stores, onLog } = options;
    problems.function("onLog", onLog);
    given = { entrypoint, args, grants, limits, rootfs, imports, http, stores, onLog };
  } catch (error) {
    problems.unreadable("options", error);
  }
  return {
    entrypoint: plainCopy("entrypoint", given.entrypoint, problems),
    args: plainCopy("args", given.args, problems),
    grants: plainCopy("grants", given.grants, problems),
    // Checked as it is read.
    limits: given.limits,
    rootfs: plainCopy("rootfs", given.rootfs, problems),
    // Functions: no plain data.
    imports: given.imports,
    http: plainCopy("http", given.http, problems),
    stores: given.stores,
    onLog: given.onLog,
  };
}

function checkEntrypoint(entrypoint: unknown, problems: Problems): readonly string[] {
  const words = checkArguments("entrypoint", entrypoint, problems);
  if (Array.isArray(entrypoint) && entrypoint[0] === undefined) {
    problems.add("entrypoint: must name a program");
  }
  return words;
}

function checkStdin(stdin: unknown, problems: Problems): void {
  if (stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array) return;
  problems.add(`stdin: must be a string or bytes, not ${show(stdin)}`);
}

function checkRootfs(rootfs: unknown, problems: Problems): Rootfs {
  if (rootfs === undefined) return "writable";
  if (isRootfs(rootfs)) return rootfs;
  problems.add(`rootfs: must be one of ${ROOTFS.join(", ")}, not ${show(rootfs)}`);
  return "writable";
}

function isRootfs(value: unknown): value is Rootfs {
  return typeof value === "string" && ROOTFS.includes(value);
}
