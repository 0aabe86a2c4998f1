import { constants, open, type FileHandle } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { JsonNode } from "../oci/json-node.js";
import { normalAuthKey } from "./auth-key.js";
import type { Credentials } from "./credentials.js";

/** Largest file of logins, in bytes: a thousand logins with long tokens. */
const MAX_FILE_BYTES = 4 * 2 ** 20;
/** Most logins of one file. */
const MAX_ENTRIES = 10_000;
/** Standard base64, padded or not, as Docker reads it. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** Not there; a service may also have a home that it cannot read, and pull public images all the same. */
const MISSING: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EACCES"]);

/** Docker's `config.json` or Podman's `auth.json`, as far as it is about logins. */
export interface AuthFile {
  readonly path: string;
  /** Logins by the name of the registry or repository, in the form of `authKeys`. */
  readonly auths: ReadonlyMap<string, JsonNode>;
  /** Names of credential helpers by registry. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper of all other registries. */
  readonly defaultHelper: string | undefined;
}

/**
 * Reads a file of logins; `undefined` when there is none.
 *
 * @throws SafedockError `ERR_CREDENTIALS_INVALID`; it never repeats what the file holds
 */
export async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  const bytes = await readCapped(path);
  if (bytes === undefined || bytes.byteLength === 0) return undefined;
  const root = JsonNode.parse(bytes, MAX_FILE_BYTES, (problem) => invalid(path, problem)).object();
  return {
    path,
    auths: mapOf(root.member("auths"), (node) => node.object()),
    helpers: mapOf(root.member("credHelpers"), (node) => node.string()),
    defaultHelper: root.member("credsStore")?.string() || undefined,
  };
}

/**
 * The login that an entry holds: Docker's order is `registrytoken`, `identitytoken`, then `auth` or
 * `username` and `password`. `undefined` for an entry that only says that a helper has it.
 */
export function credentialsOfEntry(entry: JsonNode): Credentials | undefined {
  const text = (name: string): string | undefined => entry.member(name)?.string() || undefined;
  const token = text("registrytoken");
  if (token !== undefined) return { token };
  const pair = text("auth");
  const user =
    pair === undefined
      ? { username: text("username") ?? "", password: text("password") ?? "" }
      : decodePair(pair, entry);
  const identityToken = text("identitytoken");
  if (identityToken !== undefined) {
    return { identityToken, ...(user.username === "" ? {} : { username: user.username }) };
  }
  return user.username === "" && user.password === "" ? undefined : user;
}

export function invalid(source: string, problem: string): SafedockError {
  const shown = printable(source);
  return new SafedockError("ERR_CREDENTIALS_INVALID", `${shown}: ${printable(problem)}`, {
    data: { source: shown, problem },
    hint: 'mend it, or pass the option credentials ("anonymous" for none)',
  });
}

function decodePair(pair: string, entry: JsonNode) {
  const fail = () => entry.fail("auth must be the base64 of user:password");
  if (!BASE64.test(pair)) return fail();
  // Docker pads old entries with NULs.
  const decoded = Buffer.from(pair, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  if (colon === -1) return fail();
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function mapOf<T>(node: JsonNode | undefined, read: (node: JsonNode) => T): Map<string, T> {
  const map = new Map<string, T>();
  if (node === undefined) return map;
  const names = node.names();
  if (names.length > MAX_ENTRIES) node.fail(`must have at most ${MAX_ENTRIES} entries`);
  for (const name of names) {
    const member = node.member(name);
    const key = normalAuthKey(name);
    // Of two spellings the plain one wins, as in Docker.
    if (member !== undefined && (key === name || !map.has(key))) map.set(key, read(member));
  }
  return map;
}

async function readCapped(path: string): Promise<Uint8Array | undefined> {
  let file: FileHandle | undefined;
  try {
    // A pipe of that name must not hold us up.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = await file.stat();
    if (found.isDirectory()) throw invalid(path, "it is a folder");
    // Many name /dev/null to have no logins.
    if (!found.isFile()) return undefined;
    if (found.size > MAX_FILE_BYTES) {
      throw invalid(path, `it has ${found.size} bytes, the limit is ${MAX_FILE_BYTES}`);
    }
    const bytes = Buffer.alloc(found.size);
    const { bytesRead } = await file.read(bytes, 0, found.size, 0);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof SafedockError) throw error;
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (typeof code === "string" && MISSING.has(code)) return undefined;
    throw invalid(path, `it cannot be read (${String(code)})`);
  } finally {
    await file?.close();
  }
}
