/** What a guest's descriptor number may stand for. */
import type { Errno } from "../../fs/errno.js";
import type { DirectoryEntry, File } from "../../fs/node.js";
import type { Location } from "../../fs/resolve.js";
import type { InputStream, OutputStream } from "../stdio.js";

export const KIND_INPUT = 0;
export const KIND_OUTPUT = 1;
export const KIND_FILE = 2;
export const KIND_DIRECTORY = 3;

export type Descriptor = OpenInput | OpenOutput | OpenFile | OpenDirectory;

export class OpenInput {
  readonly kind = KIND_INPUT;
  readonly stream: InputStream;

  constructor(stream: InputStream) {
    this.stream = stream;
  }

  close(): Errno {
    return 0;
  }
}

export class OpenOutput {
  readonly kind = KIND_OUTPUT;
  readonly stream: OutputStream;
  /** USED_STDOUT or USED_STDERR. */
  readonly use: number;

  constructor(stream: OutputStream, use: number) {
    this.stream = stream;
    this.use = use;
  }

  close(): Errno {
    return 0;
  }
}

export class OpenFile {
  readonly kind = KIND_FILE;
  readonly file: File;
  readonly readable: boolean;
  readonly writable: boolean;
  /** witx `$fdflags`. */
  flags: number;
  position = 0;
  /** The position where it is past MAX_OFFSET: a guest may seek there, to find no file. */
  beyond: bigint | undefined = undefined;

  constructor(file: File, readable: boolean, writable: boolean, flags: number) {
    this.file = file;
    this.readable = readable;
    this.writable = writable;
    this.flags = flags;
  }

  close(): Errno {
    return this.file.close();
  }
}

export class OpenDirectory {
  readonly kind = KIND_DIRECTORY;
  readonly location: Location;
  /** The name under which the directory was preopened, in UTF-8. */
  readonly preopen: Uint8Array | undefined;
  /** The path under which it was opened, links and all: for telling what was refused. */
  readonly path: string;
  /** The list that cookies count in, taken at cookie 0: it stands still while entries come and go. */
  entries: readonly DirectoryEntry[] | undefined = undefined;

  constructor(location: Location, preopen: Uint8Array | undefined, path: string) {
    this.location = location;
    this.preopen = preopen;
    this.path = path;
  }

  close(): Errno {
    this.location.close();
    return 0;
  }
}
