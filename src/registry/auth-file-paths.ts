import { homedir } from "node:os";
import { join } from "node:path";

/** Values of environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Docker, Podman, Buildah and Skopeo keep their logins, the first to be asked first:
 *
 * - `$REGISTRY_AUTH_FILE` alone, when it is set
 * - Docker's `config.json` in `$DOCKER_CONFIG`, else in `~/.docker`
 * - Podman's `containers/auth.json` in `$XDG_RUNTIME_DIR`, then in `$XDG_CONFIG_HOME`, else `~/.config`
 */
export function authFilePaths(environment: Environment, home: string = homedir()): string[] {
  const set = (name: string): string | undefined => environment[name] || undefined;
  const only = set("REGISTRY_AUTH_FILE");
  if (only !== undefined) return [only];
  const runtime = set("XDG_RUNTIME_DIR");
  return [
    join(set("DOCKER_CONFIG") ?? join(home, ".docker"), "config.json"),
    ...(runtime === undefined ? [] : [join(runtime, "containers", "auth.json")]),
    join(set("XDG_CONFIG_HOME") ?? join(home, ".config"), "containers", "auth.json"),
  ];
}
