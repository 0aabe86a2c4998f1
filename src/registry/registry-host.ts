import { checkReferencePart, DEFAULT_REGISTRY } from "../oci/reference.js";

/** Docker Hub's name in references and the host that answers for it differ. */
const DOCKER_HUB_HOST = "registry-1.docker.io";

/** Tells whether a URL's host is this machine: `localhost`, `127.0.0.0/8`, `[::1]`. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname;
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Tells whether a URL's host is a link-local address: where clouds serve machine credentials. */
export function isLinkLocal(url: URL): boolean {
  return url.hostname.startsWith("169.254.") || /^\[(?:fe[89ab]|::ffff:a9fe:)/.test(url.hostname);
}

/**
 * Where a registry may answer, the likeliest first. Plain HTTP is spoken to the hosts of `insecure`,
 * and to loopback: first when no authority was named, else after TLS.
 *
 * @throws SafedockError `ERR_REFERENCE_INVALID` when `registry` is no host
 */
export function baseUrls(
  registry: string,
  options: { readonly insecure: readonly string[]; readonly hasAuthority: boolean },
): readonly [URL, ...URL[]] {
  checkReferencePart("registry", registry);
  const host = registry === DEFAULT_REGISTRY ? DOCKER_HUB_HOST : registry.toLowerCase();
  const secure = new URL(`https://${host}/`);
  const plain = new URL(`http://${host}/`);
  if (options.insecure.some((name) => name.toLowerCase() === host)) return [plain];
  if (!isLoopback(secure)) return [secure];
  return options.hasAuthority ? [secure, plain] : [plain, secure];
}
