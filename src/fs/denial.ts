/** Which grant a guest would have needed. */
export type DenialKind =
  | "fs"
  | "clock"
  | "random"
  | "stdio"
  | "sockets"
  | "http"
  | "config"
  | "keyvalue"
  | "logging";

/** One call of a guest that was refused for want of a grant: plain data, made only when that happens. */
export interface Denial {
  readonly kind: DenialKind;
  /** What was asked: the name of the WASI function, or of the filesystem's operation ("open", "mkdir"). */
  readonly call: string;
  /** Absolute guest path, of "fs"; the stream's name, of "stdio"; the URL without its query, of "http"; the target of "sockets", the store of "keyvalue". */
  readonly path?: string;
  /** Number of the process's mount, of "fs"; undefined for a path that leads out of all mounts. */
  readonly mount?: number;
  /** The least access that would have been enough, of "fs". */
  readonly needs?: "read-only" | "create-only" | "read-write";
  /** The address that was refused, of "http": the name is granted, but not where it leads. */
  readonly address?: string;
  /** All headers of a request, of "http": one of them is not granted. */
  readonly headers?: readonly string[];
  /** What the guest got. */
  readonly errno: number;
}

/** Takes denials; must be cheap when there are many of them. */
export interface DenialLog {
  denied(denial: Denial): void;
}
