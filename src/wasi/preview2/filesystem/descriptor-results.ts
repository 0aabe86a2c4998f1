/** Results of descriptor's direct forms as they lie in the guest's memory, case 0 at 0. */
import type { Stat } from "../../../fs/node.js";
import type { GuestMemory } from "../../guest-memory.js";
import { lastNanoseconds, secondsOf } from "../clocks/datetime.js";
import type { Lowering } from "../lowering.js";
import { descriptorType } from "./descriptor-type.js";
import { errorCode } from "./error-code.js";

/** `result<_, error-code>`: code 1. */
export const DONE_BYTES = 2;
/** `result<own<…>, error-code>`: handle or code 4. */
export const HANDLE_BYTES = 8;
/** `result<u64, error-code>`: number or code 8. */
export const COUNT_BYTES = 16;
/** `result<tuple<list<u8>, bool>, error-code>`: address or code 4, length 8, end 12. */
export const READ_BYTES = 16;
/** `result<metadata-hash-value, error-code>`: lower or code 8, upper 16. */
export const HASH_BYTES = 24;
/** `result<string, error-code>`: address or code 4, length 8. */
export const TEXT_BYTES = 12;
/**
 * `result<descriptor-stat, error-code>`:
 *
 *     type or code 8  link-count 16  size 24
 *     each of three option<datetime> (at 32, 56, 80): case 0  seconds 8  nanoseconds 16
 */
export const STAT_BYTES = 104;
const FIRST_TIME = 32;
const TIME_BYTES = 24;

/** Writes the error case, whose code is at `payload`. */
export function putCode(lowering: Lowering, at: number, payload: number, answer: number): void {
  const { view } = lowering.memory;
  view.setUint8(at, 1);
  view.setUint8(payload, errorCode(-answer));
}

/** Writes a `result<_, error-code>`. */
export function putDone(lowering: Lowering, at: number, answer: number): void {
  if (answer < 0) putCode(lowering, at, at + 1, answer);
  else lowering.memory.view.setUint8(at, 0);
}

export function putStat(lowering: Lowering, at: number, stat: Stat): void {
  const { memory } = lowering;
  const { view } = memory;
  view.setUint8(at, 0);
  view.setUint8(at + 8, descriptorType(stat.type));
  memory.setU64(at + 16, stat.nlink);
  memory.setU64(at + 24, stat.size);
  const { atime, mtime, ctime } = stat;
  // Files of images have the same time three times over, and dividing it is most of the work.
  let seconds = secondsOf(atime);
  let nanoseconds = lastNanoseconds();
  putTime(memory, at + FIRST_TIME, seconds, nanoseconds);
  if (mtime !== atime) {
    seconds = secondsOf(mtime);
    nanoseconds = lastNanoseconds();
  }
  putTime(memory, at + FIRST_TIME + TIME_BYTES, seconds, nanoseconds);
  if (ctime !== mtime) {
    seconds = secondsOf(ctime);
    nanoseconds = lastNanoseconds();
  }
  putTime(memory, at + FIRST_TIME + 2 * TIME_BYTES, seconds, nanoseconds);
}

function putTime(memory: GuestMemory, at: number, seconds: number, nanoseconds: number): void {
  memory.view.setUint8(at, 1);
  memory.setU64(at + 8, seconds);
  memory.view.setUint32(at + 16, nanoseconds, true);
}
