import { isLinkLocal, isLoopback } from "./registry-host.js";

/** What is wrong with a redirect, in words that follow "redirects". */
export function problemOfRedirect(from: URL, to: URL): string | undefined {
  if (to.protocol !== "https:" && to.protocol !== "http:") return "to another protocol";
  if (to.username !== "" || to.password !== "") return "to a URL that names a user";
  const isLocal = isLoopback(from);
  if (from.protocol === "https:" && to.protocol === "http:" && !(isLocal && isLoopback(to))) {
    return "from HTTPS to plain HTTP";
  }
  if (isLoopback(to) && !isLocal) return "to this machine";
  return isLinkLocal(to) ? "to a link-local address" : undefined;
}
