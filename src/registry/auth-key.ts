import { DEFAULT_REGISTRY } from "../oci/reference.js";

/** Docker's name for Docker Hub in its config and towards credential helpers. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
/** Names under which Docker Hub stands in files: its own, its API's, its old one's. */
const DOCKER_HUB_HOSTS: ReadonlySet<string> = new Set([
  DEFAULT_REGISTRY,
  "index.docker.io",
  "registry-1.docker.io",
]);

/**
 * The names under which logins for a repository may stand, the most specific first, as Podman has
 * them: `quay.io/acme/hello`, `quay.io/acme`, `quay.io`.
 */
export function authKeys(registry: string, repository: string): string[] {
  const host = registry.toLowerCase();
  const parts = repository === "" ? [] : repository.split("/");
  return [...parts.map((_, i) => `${host}/${parts.slice(0, parts.length - i).join("/")}`), host];
}

/**
 * Brings a name from a file into the form of {@link authKeys}. Docker accepts a scheme and a path
 * (`https://quay.io/v1/`), and of a name with a scheme the host alone counts.
 */
export function normalAuthKey(name: string): string {
  const bare = name.replace(/^https?:\/\//i, "");
  const slash = bare.indexOf("/");
  const host = (slash === -1 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = slash === -1 ? "" : bare.slice(slash).replace(/\/+$/, "");
  const registry = DOCKER_HUB_HOSTS.has(host) ? DEFAULT_REGISTRY : host;
  const isUrl = bare.length !== name.length;
  return isUrl || /^\/v[12]$/.test(path) ? registry : `${registry}${path}`;
}

/** What a credential helper may know a registry by, the likeliest first. */
export function helperKeys(registry: string): readonly string[] {
  return registry === DEFAULT_REGISTRY ? [DOCKER_HUB_KEY, DEFAULT_REGISTRY] : [registry];
}
