/** What a steady filesystem shows of one file in place of what the host says. */
export interface Attributes {
  /** What it is known by on the host. */
  readonly key: bigint;
  readonly number: bigint;
  /** Undefined until a process has changed the file: the host's are an input then. */
  times: Times | undefined;
  /** Its last name is gone. */
  gone: boolean;
  /** Something of it is still to be noted for the processes to come. */
  unsaved: boolean;
}

/** In ns since 1970. */
export interface Times {
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
}
