import type { DenialKind } from "../fs/denial.js";
import type { HttpUse } from "../http/out/http-uses.js";
import type { SocketUse } from "../services/socket-uses.js";
import type { Grants } from "./grants.js";
import type { UsedServices } from "./used-services.js";

export type { DenialKind, HttpUse, SocketUse };

/**
 * What the processes of a container have used of their grants so far, and what they were refused: plain
 * data. `suggestGrants` makes the least grants of it that would have been enough.
 */
export interface ContainerAudit extends UsedServices {
  /** What is granted, the values of secrets hidden. */
  readonly grants: Grants;
  /** Processes that were started, those that still run included. */
  readonly processes: number;
  /** The root filesystem if the image's files are seen, then `grants.fs`, in order. */
  readonly fs: readonly MountUse[];
  /** The environment was asked for; which variables a program looks at nobody can see. */
  readonly env: boolean;
  /** The arguments were asked for. */
  readonly args: boolean;
  /** A clock was read. */
  readonly clock: boolean;
  /** A time was waited for. */
  readonly sleep: boolean;
  readonly random: boolean;
  /** Read from, or waited for. */
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** What was sent to which origin, in the order of their first use; 256 origins at most. */
  readonly http: readonly HttpUse[];
  /** Each kind of refused call once, in the order in which they came; 256 at most, with 32,768 characters of paths. */
  readonly denials: readonly AuditedDenial[];
  /** Refused calls that are in none of `denials`: too many different ones, or too many at once before a kill. */
  readonly otherDenials: number;
}

/** What was done with one mount. */
export interface MountUse {
  /** Guest path. */
  readonly target: string;
  /** `image`: the files of the image, with the writable layer if there is one. */
  readonly type: "image" | "bind" | "memory";
  /** Attributes, names or link targets were looked at. */
  readonly looked: boolean;
  /** Data was read. */
  readonly read: boolean;
  /** A file or directory was made. */
  readonly created: boolean;
  /** Something that was there was changed: data, attributes, its name. */
  readonly changed: boolean;
  /** Something was removed, or replaced. */
  readonly removed: boolean;
}

/** A call that was refused for want of a grant. */
export interface RefusedCall {
  readonly kind: DenialKind;
  /** The WASI function, or the operation on a file: `open`, `mkdir`. */
  readonly call: string;
  /**
   * Absolute guest path, of `fs`; the stream's name, of `stdio`; the URL without its query, of `http`;
   * `tcp://10.0.0.5:5432` or the name that was looked up, of `sockets`; the store's name, of `keyvalue`.
   */
  readonly path?: string;
  /** What the guest got, such as `EPERM`; `SUCCESS` for a clock that was taken back: it stands still. */
  readonly errno: string;
  /** The grant that would have allowed it; absent where none would, as for a way out of a mount. */
  readonly grant?: Grants;
}

/** A refused call, and how often it was made. */
export interface AuditedDenial extends RefusedCall {
  /** Exact, also of a process that was killed. */
  readonly count: number;
}
