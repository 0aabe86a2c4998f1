import { isSafedockError, SafedockError } from "../base/errors.js";
import { isDigest } from "../oci/digest.js";
import { checkReferencePart } from "../oci/reference.js";
import { Transient } from "./failure.js";
import { DEFAULT_RETRIES, type RegistryMirror, type RegistryOptions } from "./registry-options.js";
import type { Session } from "./session.js";

/** How long a mirror that failed is left alone, in milliseconds: the other blobs of a pull do without it. */
const REST_MS = 60_000;
/** Most mirrors of one registry. */
const MAX_MIRRORS = 16;
/** Tries after the first at a mirror: there is another place to ask. */
const MAX_RETRIES = 1;
/** Mistakes of ours, which no other place mends. */
const OWN_MISTAKES = ["ERR_OPTIONS_INVALID", "ERR_CREDENTIALS_INVALID"] as const;
/** What says nothing of the mirror: it does not have the image. */
const LACKS = ["ERR_REGISTRY_NOT_FOUND", "ERR_REFERENCE_INVALID"] as const;

/** A mirror's place, and how to reach it. */
export interface MirrorPlan {
  readonly host: string;
  readonly prefix: string;
  readonly hasTags: boolean;
  readonly options: RegistryOptions;
}

/**
 * The mirrors of a registry. Credentials that were given for all registries are not for mirrors: only
 * a mirror's own, or what a function or the stored logins say for the mirror's host.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID`, `ERR_REFERENCE_INVALID`
 */
export function mirrorPlans(registry: string, options: RegistryOptions): MirrorPlan[] {
  const { mirrors, ...rest } = options;
  if (mirrors === undefined || !Object.hasOwn(mirrors, registry)) return [];
  const list = mirrors[registry];
  if (!Array.isArray(list) || list.length > MAX_MIRRORS) {
    throw invalid(`mirrors["${registry}"]: must be a list of at most ${MAX_MIRRORS} mirrors`);
  }
  return (list as readonly (string | RegistryMirror)[]).map((item, i) => {
    const mirror = typeof item === "string" ? { host: item } : item;
    if (typeof mirror !== "object" || mirror === null || typeof mirror.host !== "string") {
      throw invalid(`mirrors["${registry}"][${i}]: must be a host or an object with one`);
    }
    const slash = mirror.host.indexOf("/");
    const host = slash === -1 ? mirror.host : mirror.host.slice(0, slash);
    const prefix = slash === -1 ? "" : mirror.host.slice(slash + 1).replace(/\/$/, "");
    checkReferencePart("registry", host);
    if (prefix !== "") checkReferencePart("repository", prefix);
    return {
      host,
      prefix: prefix === "" ? "" : `${prefix}/`,
      hasTags: mirror.tags ?? true,
      options: { ...rest, ...optionsAt(host, mirror, rest) },
    };
  });
}

function optionsAt(host: string, mirror: RegistryMirror, options: RegistryOptions) {
  const { credentials: common, insecure = [], retries = DEFAULT_RETRIES } = options;
  const forAll = common === undefined || typeof common === "function" ? common : "anonymous";
  const credentials = mirror.credentials ?? forAll;
  return {
    ...(credentials === undefined ? {} : { credentials }),
    insecure: mirror.insecure === true ? [...insecure, host] : insecure,
    retries: Math.min(retries, MAX_RETRIES),
  };
}

/** A mirror with its session. Only what can be verified is asked of one that has no word on tags. */
export class Mirror {
  #restsUntil = 0;
  #lied = false;

  constructor(
    private readonly plan: MirrorPlan,
    readonly session: Session,
  ) {}

  serves(tagOrDigest: string): boolean {
    const isAsked = this.plan.hasTags || isDigest(tagOrDigest);
    return isAsked && !this.#lied && performance.now() >= this.#restsUntil;
  }

  repository(path: string): string {
    return this.plan.prefix + path;
  }

  /** Takes note of a failure after which the next place is asked; throws what no other place mends. */
  passOver(error: unknown): void {
    if (error instanceof Transient) return this.rest();
    if (!(error instanceof SafedockError)) throw error;
    if (OWN_MISTAKES.some((code) => isSafedockError(error, code))) throw error;
    if (isSafedockError(error, "ERR_DIGEST_MISMATCH")) this.distrust();
    else if (!LACKS.some((code) => isSafedockError(error, code))) this.rest();
  }

  /** It sent other bytes than it was asked for: it is not asked again. */
  distrust(): void {
    this.#lied = true;
  }

  private rest(): void {
    this.#restsUntil = performance.now() + REST_MS;
  }
}

/** Reads at the mirrors in turn, and last at the registry itself, whose errors are the ones that count. */
export async function readThrough<T>(
  { session, mirrors }: { readonly session: Session; readonly mirrors: readonly Mirror[] },
  repository: string,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
  read: (session: Session, repository: string, mirror: Mirror | undefined) => Promise<T>,
): Promise<T> {
  for (const mirror of mirrors) {
    if (!mirror.serves(tagOrDigest)) continue;
    try {
      return await read(mirror.session, mirror.repository(repository), mirror);
    } catch (error) {
      signal?.throwIfAborted();
      mirror.passOver(error);
    }
  }
  return read(session, repository, undefined);
}

function invalid(problem: string): SafedockError {
  return new SafedockError("ERR_OPTIONS_INVALID", problem, { data: { problems: [problem] } });
}
