import { posix } from "node:path";
import type { Access } from "../mount.js";
import type { StdioMode } from "../wasi/context-spec.js";
import { CHOOSE_SOURCE } from "./check-fs-grants.js";
import type { AuditedDenial, ContainerAudit, MountUse } from "./container-audit.js";
import { widthOf } from "./grant-width.js";
import type { FsGrant, Grants, StdioGrant } from "./grants.js";
import { MAX_MOUNTS } from "./limits.js";
import { leastHttp } from "./suggest-http.js";
import { leastServices } from "./suggest-services.js";
import { plainCopy } from "./plain-copy.js";
import { isRecord, Problems, show } from "./problems.js";
import { reading } from "./read-options.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The least grants that would have been enough for what a container's processes did and were refused:
 * - a mount that was not touched is left out; one that was only read is read-only; one where things were
 *   made and nothing was changed is create-only,
 * - requests are allowed to the origins, with the methods and below the paths that were asked for,
 * - sockets are allowed to the peers that were asked for, stores by the names that were opened,
 * - what was not used is taken away: `random: "denied"`, the clock frozen, a stream `"null"` (a program may
 *   ask what its streams are without using them), `args: "none"`, no variables,
 * - what was refused is added; where a directory above the image's files is needed, its source is `"<choose a directory>"`, which
 *   no container takes: replace it, or leave the grant out. A denial is a wish of code that you may not
 *   trust: read it before you grant it.
 *
 * The values of secrets are hidden, and have to be given anew.
 *
 * @example
 * ```ts
 * await using container = await engine.createContainer(image, { grants: { clock: "real" } });
 * await container.start();
 * await container.wait();
 * console.log(JSON.stringify(suggestGrants(container.audit())));
 * ```
 * @throws SafedockError `ERR_OPTIONS_INVALID` for what is no audit
 */
export function suggestGrants(audit: ContainerAudit): Grants {
  const problems = new Problems();
  const copy = plainCopy("audit", audit, problems);
  if (!isAudit(copy) && problems.count === 0) {
    problems.add(`audit: must be what container.audit() gives, not ${show(audit)}`);
  }
  problems.throwIfAny("audit");
  return reading("audit", "audit", () => leastGrants(copy as ContainerAudit));
}

/** Of its parts: what they hold is read as it was written. */
function isAudit(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { grants, fs, denials } = value;
  return isRecord(grants) && Array.isArray(fs) && Array.isArray(denials);
}

function leastGrants(audit: ContainerAudit): Grants {
  const { grants } = audit;
  const suggested: Mutable<Grants> = {};
  if (audit.env) {
    if (grants.env !== undefined) suggested.env = grants.env;
    if (grants.inheritEnv !== undefined) suggested.inheritEnv = grants.inheritEnv;
  }
  if (!audit.args) suggested.args = "none";
  else if (grants.args !== undefined) suggested.args = grants.args;
  const usesClock = audit.clock || audit.sleep;
  if (usesClock && grants.clock !== undefined) suggested.clock = grants.clock;
  if (!audit.random) suggested.random = "denied";
  else if (grants.random !== undefined) suggested.random = grants.random;
  const mounts = usedMounts(audit);
  let stdio = usedStreams(audit);
  for (const denial of audit.denials) {
    const grant = denial.grant ?? mountFor(denial, mounts);
    if (grant === undefined) continue;
    for (const wanted of grant.fs ?? []) addMount(mounts, wanted);
    if (grant.args !== undefined) suggested.args = grant.args;
    if (grant.clock !== undefined) suggested.clock = grant.clock;
    if (grant.random !== undefined) suggested.random = grant.random;
    if (grant.env !== undefined) suggested.env = { ...suggested.env, ...grant.env };
    if (grant.stdio !== undefined) stdio = { ...stdio, ...each(grant.stdio) };
  }
  Object.assign(suggested, leastServices(audit));
  const http = leastHttp(audit);
  if (http.length > 0) suggested.http = http;
  if (mounts.size > 0) suggested.fs = [...mounts.values()];
  const modes = Object.entries(stdio).filter(([, mode]) => mode !== "pipe");
  if (modes.length > 0) suggested.stdio = Object.fromEntries(modes);
  return suggested;
}

/** By target: the mounts that were touched, with the access that was used. */
function usedMounts({ grants, fs }: ContainerAudit): Map<string, FsGrant> {
  const uses = new Map(fs.map((use) => [use.target, use]));
  const mounts = new Map<string, FsGrant>();
  for (const mount of grants.fs ?? []) {
    const use = uses.get(mount.target);
    if (use === undefined || use.type === "image" || !isUsed(use)) continue;
    if (mount.type === "memory") mounts.set(mount.target, mount);
    else mounts.set(mount.target, { ...mount, access: usedAccess(use) });
  }
  return mounts;
}

function isUsed({ looked, read, created, changed, removed }: MountUse): boolean {
  return looked || read || created || changed || removed;
}

function usedAccess({ created, changed, removed }: MountUse): Access {
  if (changed || removed) return "read-write";
  return created ? "create-only" : "read-only";
}

/** Files of the image that cannot be written: a directory of the host would have to lie above them. */
function mountFor(
  { kind, errno, path }: AuditedDenial,
  mounts: ReadonlyMap<string, FsGrant>,
): Grants | undefined {
  if (kind !== "fs" || errno !== "EROFS" || path === undefined) return undefined;
  const target = posix.dirname(path);
  const covered = [...mounts.keys()].some((above) => `${target}/`.startsWith(`${above}/`));
  // Over the root it would hide the program itself.
  if (target === "/" || covered || mounts.size >= MAX_MOUNTS) return undefined;
  return { fs: [{ source: CHOOSE_SOURCE, target, access: "read-write" }] };
}

function addMount(mounts: Map<string, FsGrant>, wanted: FsGrant): void {
  const there = mounts.get(wanted.target);
  if (there === undefined) {
    mounts.set(wanted.target, wanted);
    return;
  }
  if (there.type === "memory" || wanted.type === "memory") return;
  const [old = "read-only", next = "read-only"] = [there.access, wanted.access];
  mounts.set(wanted.target, { ...there, access: widthOf(next) > widthOf(old) ? next : old });
}

/** A stream that was not used is as good as none. */
function usedStreams(audit: ContainerAudit): Required<StdioGrant> {
  const given = each(audit.grants.stdio ?? "pipe");
  const mode = (name: keyof StdioGrant): StdioMode => {
    const granted = given[name] ?? "pipe";
    return audit[name] || granted === "denied" ? granted : "null";
  };
  return { stdin: mode("stdin"), stdout: mode("stdout"), stderr: mode("stderr") };
}

function each(stdio: StdioMode | StdioGrant): StdioGrant {
  return typeof stdio === "string" ? { stdin: stdio, stdout: stdio, stderr: stdio } : stdio;
}
