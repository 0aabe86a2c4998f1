import { isRecord, type Problems, show } from "./problems.js";

const KEYS = ["lookup", "proxy", "ca", "fetch"];

/** Checks the engine option `http`. */
export function checkHttpOptions(http: unknown, problems: Problems): void {
  if (http === undefined) return;
  if (!isRecord(http)) {
    problems.add(`http: must be an object, not ${show(http)}`);
    return;
  }
  problems.keys("http.", http, KEYS);
  problems.function("http.lookup", http.lookup);
  problems.function("http.fetch", http.fetch);
  const { ca, proxy } = http;
  if (proxy !== undefined && !isProxy(proxy)) {
    // It may hold a password.
    problems.add(
      "http.proxy: must be the URL of an HTTP proxy, http://host:port or https://host:port",
    );
  }
  const isText = (value: unknown): boolean => typeof value === "string";
  if (ca === undefined || isText(ca) || (Array.isArray(ca) && ca.every(isText))) return;
  problems.add(`http.ca: must be a text in PEM, or an array of them, not ${show(ca)}`);
}

function isProxy(text: unknown): boolean {
  return typeof text === "string" && /^https?:\/\//i.test(text) && URL.canParse(text);
}
