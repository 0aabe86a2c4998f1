import { BlockList, isIP } from "node:net";
import { SafedockError } from "../base/errors.js";
import type { Environment } from "./auth-file-paths.js";
import { isLoopback } from "./registry-host.js";

/** Says by which proxy a URL is reached; `undefined` for none. */
export type ProxyChoice = (url: URL) => URL | undefined;

const NO_PROXY: ProxyChoice = () => undefined;

/**
 * The choice that the option `proxy` asks for. This machine is never reached by a proxy.
 *
 * - a URL: by that one
 * - `false`: by none
 * - `undefined`: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, or the same in lower case, which
 *   come first. `HTTP_PROXY` does not count where `REQUEST_METHOD` is set: in a CGI program it is what a
 *   client sent as the header `Proxy`.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID`
 */
export function proxyChoice(
  option: string | URL | false | undefined,
  environment: Environment,
): ProxyChoice {
  if (option === false) return NO_PROXY;
  if (option !== undefined) {
    const proxy = readProxy("proxy", String(option));
    return (url) => (isLoopback(url) ? undefined : proxy);
  }
  const set = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const isCgi = environment["REQUEST_METHOD"] !== undefined;
  const plain = isCgi ? environment["http_proxy"] || undefined : set("HTTP_PROXY");
  const proxies: Record<string, string | undefined> = {
    "https:": set("HTTPS_PROXY"),
    "http:": plain,
  };
  const isExcluded = exclusions(set("NO_PROXY") ?? "");
  return (url) => {
    const text = proxies[url.protocol];
    if (text === undefined || isLoopback(url) || isExcluded(url)) return undefined;
    return readProxy(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY", text);
  };
}

/**
 * What `NO_PROXY` excludes: `*`, hosts with all that is below them (`example.com`, `.example.com`,
 * `*.example.com`), addresses, networks (`10.0.0.0/8`, `fd00::/8`), each but a network with a `:port`.
 */
function exclusions(list: string): (url: URL) => boolean {
  const rules = list
    .split(/[\s,]+/)
    .filter((word) => word !== "")
    .map((word) => exclusion(word.toLowerCase()));
  return (url) => rules.some((rule) => rule(url));
}

function exclusion(word: string): (url: URL) => boolean {
  if (word === "*") return () => true;
  const network = networkOf(word);
  if (network !== undefined) {
    return (url) => {
      const host = bareHost(url.hostname);
      const version = isIP(host);
      return version !== 0 && network.check(host, version === 4 ? "ipv4" : "ipv6");
    };
  }
  const [, name = "", port] = /^(\[[^\]]*\]|[^:]*|[^[]*:[^[]*:[^[]*?)(?::(\d+))?$/.exec(word) ?? [];
  const host = bareHost(name.replace(/^\*?\./, ""));
  if (host === "") return () => false;
  return (url) => {
    if (port !== undefined && port !== portOf(url)) return false;
    const own = bareHost(url.hostname);
    return own === host || (isIP(own) === 0 && own.endsWith(`.${host}`));
  };
}

function networkOf(word: string): BlockList | undefined {
  const [, address = "", bits = ""] = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(word) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
  return list;
}

function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function portOf(url: URL): string {
  return url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
}

/** A proxy's URL; curl's habit of leaving the scheme off is common in environments. */
function readProxy(name: string, text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== "") return url;
  // The text may hold a password.
  const problem = `${name}: must be the URL of an HTTP proxy, http://host:port or https://host:port`;
  throw new SafedockError("ERR_OPTIONS_INVALID", problem, { data: { problems: [problem] } });
}

/** The value of `Proxy-Authorization` for the user in a proxy's URL. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = `${decode(username)}:${decode(password)}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A bare % that nobody encoded.
    return text;
  }
}
