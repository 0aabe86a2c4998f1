import type { CheckedGrants } from "./check-grants.js";
import type { CheckedMount } from "./check-fs-grants.js";
import type { CheckedOptions } from "./check-options.js";
import type { Container, ContainerState } from "./container.js";
import type { Rootfs } from "./container-options.js";
import type { ExitStatus } from "./exit-status.js";
import type { Limits } from "./limits.js";
import type { ArgsGrant, EnvValue, LoggingGrant, SocketsGrant } from "./grants.js";
import { type ShownHttpGrant, shownHttpGrant } from "./http-grants-of.js";
import { shownEnvironment } from "./hidden-value.js";
import { shownServices } from "./service-grants-of.js";
import type { ClockSpec, RandomSpec, StdioSpec } from "../wasi/context-spec.js";
import type { Digest } from "../oci/digest.js";

export type { ClockSpec, RandomSpec, ShownHttpGrant, StdioSpec };

/** What `container.inspect` answers: plain data that JSON can hold. */
export interface ContainerInfo {
  readonly id: string;
  readonly state: ContainerState;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly image: { readonly digest: Digest; readonly reference: string | undefined };
  /** The whole command line, if an `entrypoint` replaces the image's. */
  readonly command: readonly string[] | undefined;
  /** What replaces the image's `Cmd`, if anything does. */
  readonly args: readonly string[] | undefined;
  readonly rootfs: Rootfs;
  readonly grants: ContainerGrants;
  readonly limits: Limits;
  /** How the last `start` ended; undefined before it has. */
  readonly exit: ExitStatus | undefined;
}

/** Grants as `inspect` shows them: every default filled in, every secret hidden. */
export interface ContainerGrants {
  /** `{ secret: "<hidden>" }` for a value that is a secret, or whose name says so (`TOKEN`, `PASSWORD`, …). */
  readonly env: Readonly<Record<string, EnvValue>>;
  /** Names alone; the values are kept nowhere. */
  readonly inheritEnv: readonly string[];
  readonly args: ArgsGrant;
  readonly fs: readonly CheckedMount[];
  /** The values of credentials hidden. */
  readonly http: readonly ShownHttpGrant[];
  readonly sockets: Required<SocketsGrant>;
  /** As `env`. */
  readonly config: Readonly<Record<string, EnvValue>>;
  readonly keyvalue: readonly string[];
  readonly logging: LoggingGrant;
  readonly clock: ClockSpec;
  readonly random: RandomSpec;
  readonly stdio: StdioSpec;
}

/** What `container.stats` answers. */
export interface ContainerStats {
  /** Processes that wait for a worker or run. */
  readonly processes: number;
  /** Bytes in the writable layer, in whole blocks of 4 KiB a file. */
  readonly writableBytes: number;
  readonly writableFiles: number;
}

/** @internal */
export function inspectContainer(
  container: Container,
  options: CheckedOptions,
  exit: ExitStatus | undefined,
): ContainerInfo {
  const { digest, reference } = container.image;
  return {
    id: container.id,
    state: container.state,
    createdAt: container.createdAt.toISOString(),
    image: { digest, reference },
    command: options.command,
    args: options.args,
    rootfs: options.rootfs,
    grants: shownGrants(options),
    limits: options.limits,
    exit,
  };
}

const PIPES: StdioSpec = Object.freeze({ stdin: "pipe", stdout: "pipe", stderr: "pipe" });

function shownGrants({ env, secrets, ...grants }: CheckedGrants): ContainerGrants {
  return {
    env: shownEnvironment(env, secrets),
    inheritEnv: grants.inheritEnv,
    args: grants.argsGrant,
    fs: grants.mounts,
    http: grants.http.map(shownHttpGrant),
    ...shownServices(grants.services),
    clock: grants.clock,
    random: grants.random,
    stdio: grants.stdio ?? PIPES,
  };
}
