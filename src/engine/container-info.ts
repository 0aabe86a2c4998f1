import type { CheckedOptions } from "./check-options.js";
import type { Container, ContainerState } from "./container.js";
import type { Rootfs } from "./container-options.js";
import type { ExitStatus } from "./exit-status.js";
import type { Limits } from "./limits.js";
import type { ClockSpec, RandomSpec } from "../wasi/context-spec.js";
import type { BindMount, MemoryMount } from "../mount.js";
import type { Digest } from "../oci/digest.js";

export type { ClockSpec, RandomSpec };

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
  readonly grants: {
    readonly env: Readonly<Record<string, string>>;
    readonly fs: readonly (BindMount | MemoryMount)[];
    readonly clock: ClockSpec;
    readonly random: RandomSpec;
  };
  readonly limits: Limits;
  /** How the last `start` ended; undefined before it has. */
  readonly exit: ExitStatus | undefined;
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
    grants: {
      env: Object.fromEntries(options.env),
      fs: options.mounts,
      clock: options.clock,
      random: options.random,
    },
    limits: options.limits,
    exit,
  };
}
