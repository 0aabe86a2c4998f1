/** An origin of a grant: one host, the sub-domains of one, or all hosts. */
export interface GrantedOrigin {
  /** In its shortest form. */
  readonly text: string;
  readonly protocol: "http:" | "https:";
  /** `sub`: `hostname` is what the names end with, its dot included; `all`: it is empty. */
  readonly hosts: "one" | "sub" | "all";
  readonly hostname: string;
  /** As `URL.port`: empty for the scheme's own. */
  readonly port: string;
}

/** Scheme, wildcard, and what `new URL` makes of the rest; no path, user, query or second wildcard. */
const ORIGIN = /^(https?:)\/\/(\*\.|\*(?=:|$))?([^/\\?#@*\s]*)\/?$/i;
/** A name of DNS is shorter; this is a bound for what is parsed. */
const MAX_ORIGIN = 512;

/** Undefined for what is no origin. */
export function parseOrigin(text: string): GrantedOrigin | undefined {
  const [, scheme = "", wildcard = "", rest = ""] =
    text.length > MAX_ORIGIN ? [] : (ORIGIN.exec(text) ?? []);
  const hosts = wildcard === "" ? "one" : wildcard === "*" ? "all" : "sub";
  const url = tryUrl(`${scheme}//${hosts === "all" ? "all" : ""}${rest}/`);
  if (url === undefined || url.hostname === "") return undefined;
  const { hostname, port } = url;
  const protocol = url.protocol === "https:" ? "https:" : "http:";
  const suffix = port === "" ? "" : `:${port}`;
  if (hosts === "all") {
    return { text: `${protocol}//*${suffix}`, protocol, hosts, hostname: "", port };
  }
  if (hosts === "one") {
    return { text: `${protocol}//${hostname}${suffix}`, protocol, hosts, hostname, port };
  }
  // Addresses have no sub-domains: the last label of a name is never a number.
  if (hostname.startsWith("[") || /(?:^|\.)\d+$/.test(hostname)) return undefined;
  return {
    text: `${protocol}//*.${hostname}${suffix}`,
    protocol,
    hosts,
    hostname: `.${hostname}`,
    port,
  };
}

/** Whether a request's URL is of that origin. */
export function isOfOrigin({ protocol, hosts, hostname, port }: GrantedOrigin, url: URL): boolean {
  if (url.protocol !== protocol || url.port !== port) return false;
  if (hosts === "all") return true;
  if (hosts === "one") return url.hostname === hostname;
  return url.hostname.length > hostname.length && url.hostname.endsWith(hostname);
}

/** Whether the first origin allows all that the second does. */
export function coversOrigin(wide: GrantedOrigin, narrow: GrantedOrigin): boolean {
  if (wide.protocol !== narrow.protocol || wide.port !== narrow.port) return false;
  if (wide.hosts === "all") return true;
  if (narrow.hosts === "all") return false;
  if (wide.hosts === "one") return narrow.hosts === "one" && wide.hostname === narrow.hostname;
  return narrow.hosts === "sub"
    ? narrow.hostname.endsWith(wide.hostname)
    : narrow.hostname.length > wide.hostname.length && narrow.hostname.endsWith(wide.hostname);
}

function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
