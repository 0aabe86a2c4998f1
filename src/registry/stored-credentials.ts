import { authFilePaths } from "./auth-file-paths.js";
import { credentialsOfEntry, readAuthFile, type AuthFile } from "./auth-file.js";
import { authKeys, helperKeys } from "./auth-key.js";
import { askHelper, type HelperOptions } from "./credential-helper.js";
import type { Credentials, CredentialsContext } from "./credentials.js";

/** Options of `storedCredentials`. */
export interface StoredCredentialsOptions {
  /**
   * Files in the form of Docker's `config.json` or Podman's `auth.json`, the first with a login wins.
   * Default `$REGISTRY_AUTH_FILE`; else `config.json` in `$DOCKER_CONFIG` or `~/.docker`, then
   * `containers/auth.json` in `$XDG_RUNTIME_DIR`, then in `$XDG_CONFIG_HOME` or `~/.config`.
   */
  readonly files?: readonly string[];
  /** Longest run of a credential helper, in milliseconds. Default 30,000. */
  readonly helperTimeoutMs?: number;
}

/**
 * Looks for logins in files and credential helpers, anew with each call. In each file the helper comes
 * first, as in Docker and Podman, then the entries from the most specific name on.
 *
 * @throws SafedockError `ERR_CREDENTIALS_INVALID`
 */
export async function findStoredCredentials(
  { files, helperTimeoutMs: timeoutMs }: StoredCredentialsOptions,
  registry: string,
  { repository, signal }: CredentialsContext,
): Promise<Credentials | undefined> {
  const keys = authKeys(registry, repository);
  for (const path of files ?? authFilePaths(process.env)) {
    const file = await readAuthFile(path);
    if (file === undefined) continue;
    const found =
      (await askHelperOf(file, registry, keys, { timeoutMs, signal })) ?? entryOf(file, keys);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function askHelperOf(
  file: AuthFile,
  registry: string,
  keys: readonly string[],
  options: HelperOptions,
): Promise<Credentials | undefined> {
  const key = keys.find((name) => file.helpers.has(name));
  const own = key === undefined ? undefined : file.helpers.get(key);
  // An empty name says that this registry's login is in the file.
  const helper = own ?? file.defaultHelper;
  if (helper === undefined || helper === "") return undefined;
  const servers = key === undefined || key === keys.at(-1) ? helperKeys(registry) : [key];
  for (const server of servers) {
    const found = await askHelper(helper, server, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

function entryOf(file: AuthFile, keys: readonly string[]): Credentials | undefined {
  for (const key of keys) {
    const entry = file.auths.get(key);
    const found = entry === undefined ? undefined : credentialsOfEntry(entry);
    if (found !== undefined) return found;
  }
  return undefined;
}
