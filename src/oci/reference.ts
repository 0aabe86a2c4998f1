import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { isDigest, type Digest } from "./digest.js";

/** Where an image is: a registry, a repository in it, and a tag, a digest or both. */
export interface Reference {
  /** Host as written, with `:port` where one was written: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Path in the registry: `library/hello`. */
  readonly repository: string;
  /** `latest` when the text named neither a tag nor a digest. */
  readonly tag?: string;
  /** When there, it decides what is pulled; the tag is only kept. */
  readonly digest?: Digest;
}

/** Registry of a reference that names none. */
export const DEFAULT_REGISTRY = "docker.io";
export const DEFAULT_TAG = "latest";

/** Longest reference, in characters: host 253 + port 6 + path 255 + tag 128 + sha512 digest 135, and separators. */
const MAX_REFERENCE = 800;
/** Longest repository path, in characters: `RepositoryNameTotalLengthMax` of distribution/reference. */
const MAX_REPOSITORY = 255;
/** Longest host name, in characters: RFC 1035 section 2.3.4, less the root label. */
const MAX_HOST = 253;

const OFFICIAL_PREFIX = "library/";
const HOST_LABEL = /^(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$/i;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const IMAGE_ID = /^[0-9a-f]{64}$/;

/**
 * Reads an image reference as Docker's command line does (the grammar of distribution/reference, with
 * its familiar forms).
 *
 * - `hello` is `docker.io/library/hello:latest`; `acme/hello` is `docker.io/acme/hello:latest`
 * - the first word is a registry when it has a `.`, a `:`, a capital letter, or is `localhost`
 * - `name:tag@digest` keeps both; a name with a digest alone gets no tag
 * - IPv6 registries are written in brackets: `[::1]:5000/hello`
 * - a repository must be lower case; a host keeps the case it was written in
 *
 * @throws SafedockError `ERR_REFERENCE_INVALID`, its hint says what is wrong
 * @example
 * ```ts
 * parseReference("ghcr.io/acme/hello:1.2");
 * // { registry: "ghcr.io", repository: "acme/hello", tag: "1.2" }
 * ```
 */
export function parseReference(text: string): Reference {
  const reject = (hint: string): never => {
    const shown = typeof text === "string" ? printable(text) : typeof text;
    throw new SafedockError("ERR_REFERENCE_INVALID", `"${shown}" is not an image reference`, {
      data: { reference: shown },
      hint,
    });
  };
  if (typeof text !== "string") return reject("it must be a string");
  if (text === "") return reject("it is empty");
  if (text.length > MAX_REFERENCE) return reject(`it is longer than ${MAX_REFERENCE} characters`);
  if (/\s/.test(text)) return reject("it must not hold white space");
  if (text.includes("://")) return reject("leave the scheme off: registry/repository:tag");
  if (IMAGE_ID.test(text)) return reject("64 hex digits alone are an image ID, not a name");

  const at = text.indexOf("@");
  const named = at === -1 ? text : text.slice(0, at);
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    return reject("behind the @ there must be sha256:<64 hex digits> or sha512:<128 hex digits>");
  }
  const { name, tag } = splitTag(named);
  if (tag !== undefined && !TAG.test(tag)) {
    return reject("a tag has 1 to 128 letters, digits, _ . or -, and does not begin with . or -");
  }
  const { registry, repository } = splitRegistry(name);
  const problem = problemOfRegistry(registry) ?? problemOfRepository(repository);
  if (problem !== undefined) return reject(problem);
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: DEFAULT_TAG } : {}),
    ...(digest !== undefined ? { digest } : {}),
  };
}

/** The full text of a reference: `docker.io/library/hello:latest`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${suffixOf(reference)}`;
}

/**
 * The short text that Docker shows: `hello:latest`. {@link parseReference} reads it back to the same
 * reference.
 */
export function formatFamiliarReference(reference: Reference): string {
  const { registry, repository } = reference;
  if (registry !== DEFAULT_REGISTRY) return formatReference(reference);
  const suffix = suffixOf(reference);
  const official = repository.startsWith(OFFICIAL_PREFIX)
    ? repository.slice(OFFICIAL_PREFIX.length)
    : undefined;
  if (official !== undefined && !official.includes("/")) {
    return IMAGE_ID.test(official + suffix) ? `${repository}${suffix}` : `${official}${suffix}`;
  }
  const first = repository.slice(0, Math.max(0, repository.indexOf("/")));
  // Without its registry such a name would read as one on the host `first`.
  return isRegistryWord(first) || first === ""
    ? formatReference(reference)
    : `${repository}${suffix}`;
}

/**
 * Checks one part of a reference that came by itself: a registry's host, a repository's path, or what
 * stands behind it (a tag or a digest).
 *
 * @throws SafedockError `ERR_REFERENCE_INVALID`
 */
export function checkReferencePart(
  part: "registry" | "repository" | "tag or digest",
  text: string,
): string {
  const problem =
    part === "registry"
      ? problemOfRegistry(text)
      : part === "repository"
        ? problemOfRepository(text)
        : TAG.test(text) || isDigest(text)
          ? undefined
          : "it is neither a tag nor a digest";
  if (problem === undefined) return text;
  const shown = printable(text);
  throw new SafedockError("ERR_REFERENCE_INVALID", `"${shown}" is not a ${part}`, {
    data: { reference: shown },
    hint: problem,
  });
}

function suffixOf(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  return reference.digest === undefined ? tag : `${tag}@${reference.digest}`;
}

function splitTag(named: string): { readonly name: string; readonly tag?: string } {
  const colon = named.lastIndexOf(":");
  // A colon before the last slash belongs to a port or an IPv6 address.
  if (colon === -1 || colon < named.lastIndexOf("/")) return { name: named };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1) };
}

function splitRegistry(name: string): Pick<Reference, "registry" | "repository"> {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const named = slash !== -1 && (first === "" || isRegistryWord(first));
  const host = named ? first : DEFAULT_REGISTRY;
  const path = named ? name.slice(slash + 1) : name;
  // The old name of Docker Hub's index stands in many config files.
  const registry = host === "index.docker.io" ? DEFAULT_REGISTRY : host;
  const official = registry === DEFAULT_REGISTRY && !path.includes("/") && path !== "";
  return { registry, repository: official ? OFFICIAL_PREFIX + path : path };
}

function isRegistryWord(word: string): boolean {
  return /[.:]/.test(word) || word === "localhost" || word !== word.toLowerCase();
}

function problemOfRegistry(registry: string): string | undefined {
  const port = /:([^:\]]*)$/.exec(registry)?.[1];
  const host = port === undefined ? registry : registry.slice(0, -port.length - 1);
  if (port !== undefined && !isPort(port)) return "a port is a number from 1 to 65535";
  if (host.startsWith("[")) {
    const isAddress = /^\[[0-9a-f:.]{2,45}\]$/i.test(host) && URL.canParse(`http://${host}/`);
    return isAddress ? undefined : "in brackets there must be an IPv6 address";
  }
  const isName =
    host.length <= MAX_HOST && host.split(".").every((label) => HOST_LABEL.test(label));
  return isName ? undefined : `"${printable(host, 60)}" is not a host name`;
}

function isPort(text: string): boolean {
  return /^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function problemOfRepository(repository: string): string | undefined {
  if (repository === "") return "the repository's name is missing";
  if (repository.length > MAX_REPOSITORY) {
    return `a repository's name has at most ${MAX_REPOSITORY} characters`;
  }
  if (repository !== repository.toLowerCase()) return "a repository's name must be lower case";
  if (repository.split("/").every((component) => PATH_COMPONENT.test(component))) return undefined;
  return "each part of a repository's name has a to z and 0 to 9, separated by one of . _ __ or by dashes";
}
