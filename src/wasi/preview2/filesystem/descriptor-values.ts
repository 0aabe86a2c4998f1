/** What the object form of `wasi:filesystem/types` takes and gives: its records, variants and flags, and what they are here. */
import { EINVAL, ENAMETOOLONG } from "../../../fs/errno.js";
import type { Stat } from "../../../fs/node.js";
import { MAX_PATH_BYTES } from "../../../fs/resolve.js";
import { OFLAG_CREAT, OFLAG_DIRECTORY, OFLAG_EXCL, OFLAG_TRUNC } from "../../open-guest-path.js";
import type { Datetime } from "../clocks/datetime.js";
import { WitError } from "../object-form.js";
import type { DescriptorTypeName } from "./descriptor-type.js";
import { errorCodeName, type ErrorCodeName } from "./error-code.js";
import * as files from "./files.js";
import {
  FLAG_DATA_SYNC,
  FLAG_FILE_SYNC,
  FLAG_MUTATE_DIRECTORY,
  FLAG_READ,
  FLAG_READ_SYNC,
  FLAG_WRITE,
} from "./opened.js";

export interface DescriptorFlags {
  read?: boolean;
  write?: boolean;
  fileIntegritySync?: boolean;
  dataIntegritySync?: boolean;
  requestedWriteSync?: boolean;
  mutateDirectory?: boolean;
}

export interface PathFlags {
  symlinkFollow?: boolean;
}

export interface OpenFlags {
  create?: boolean;
  directory?: boolean;
  exclusive?: boolean;
  truncate?: boolean;
}

export type NewTimestamp =
  | { tag: "no-change" }
  | { tag: "now" }
  | { tag: "timestamp"; val: Datetime };

export interface DescriptorStat {
  type: DescriptorTypeName;
  linkCount: bigint;
  size: bigint;
  dataAccessTimestamp: Datetime;
  dataModificationTimestamp: Datetime;
  statusChangeTimestamp: Datetime;
}

/** In the order of their numbers. */
export const ADVICE = [
  "normal",
  "sequential",
  "random",
  "will-need",
  "dont-need",
  "no-reuse",
] as const;

export function codeError(answer: number): WitError<ErrorCodeName> {
  return new WitError(errorCodeName(-answer));
}

export function check(answer: number): void {
  if (answer < 0) throw codeError(answer);
}

/** The answer, if it is none of what went wrong. */
export function need<T>(answer: T | number): T {
  if (typeof answer === "number" && answer < 0) throw codeError(answer);
  return answer as T;
}

/** As the direct form's `Lowering.path`. */
export function checkPath(path: string): string {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw codeError(-ENAMETOOLONG);
  if (path.includes("\0")) throw codeError(-EINVAL);
  return path;
}

export function hash(stat: Stat): { lower: bigint; upper: bigint } {
  const [lower, upper] = files.identityOf(stat);
  return { lower, upper };
}

export function toNewTime(time: NewTimestamp): files.NewTime {
  switch (time.tag) {
    case "no-change":
      return { kind: files.TIME_NO_CHANGE, seconds: 0n, nanoseconds: 0 };
    case "now":
      return { kind: files.TIME_NOW, seconds: 0n, nanoseconds: 0 };
    case "timestamp":
      return { kind: files.TIME_GIVEN, ...time.val };
  }
}

export function toOflags({ create, directory, exclusive, truncate }: OpenFlags): number {
  return (
    (create === true ? OFLAG_CREAT : 0) |
    (directory === true ? OFLAG_DIRECTORY : 0) |
    (exclusive === true ? OFLAG_EXCL : 0) |
    (truncate === true ? OFLAG_TRUNC : 0)
  );
}

export function toBits(flags: DescriptorFlags): number {
  return (
    (flags.read === true ? FLAG_READ : 0) |
    (flags.write === true ? FLAG_WRITE : 0) |
    (flags.fileIntegritySync === true ? FLAG_FILE_SYNC : 0) |
    (flags.dataIntegritySync === true ? FLAG_DATA_SYNC : 0) |
    (flags.requestedWriteSync === true ? FLAG_READ_SYNC : 0) |
    (flags.mutateDirectory === true ? FLAG_MUTATE_DIRECTORY : 0)
  );
}
