/**
 * What `poll_oneoff` is asked for, in both layouts (bytes):
 *
 *     wasi_snapshot_preview1  userdata 0  tag 8  fd 16 | clock id 16  timeout 24  precision 32  flags 40
 *     wasi_unstable           userdata 0  tag 8  fd 16 | name 16  clock id 24  timeout 32  precision 40  flags 48
 */
import { EBADF, EINVAL, type Errno } from "../../fs/errno.js";
import type { Clock } from "../clock.js";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "./clock.js";
import { KIND_FILE, KIND_INPUT, KIND_OUTPUT, type OpenFile } from "./descriptor.js";
import type { DescriptorTable } from "./descriptor-table.js";

export interface SubscriptionLayout {
  readonly bytes: number;
  /** Where the clock's id is; timeout and flags follow 8 and 24 bytes on. */
  readonly clock: number;
}

export const PREVIEW1_SUBSCRIPTION: SubscriptionLayout = { bytes: 48, clock: 16 };
export const UNSTABLE_SUBSCRIPTION: SubscriptionLayout = { bytes: 56, clock: 24 };

export const EVENT_CLOCK = 0;
export const EVENT_FD_READ = 1;
export const EVENT_FD_WRITE = 2;

const CLOCK_ABSOLUTE = 1;

export type Subscription =
  | {
      readonly type: typeof EVENT_CLOCK;
      readonly userdata: bigint;
      /** Due so many ns after the reading of the monotonic clock that it was made with. */
      readonly remaining: bigint;
      /** The guest named a time, not a length. */
      readonly absolute: boolean;
    }
  | {
      readonly type: typeof EVENT_FD_READ;
      readonly userdata: bigint;
      /** undefined: standard input. */
      readonly file: OpenFile | undefined;
    }
  | { readonly type: typeof EVENT_FD_WRITE; readonly userdata: bigint };

/** The descriptor that a subscription at `at` is about, if it is about one. */
export function subscribedFd(view: DataView, at: number): number {
  return view.getUint32(at + 16, true);
}

/** Reads one subscription; `now` is the monotonic time. */
export function readSubscription(
  view: DataView,
  at: number,
  layout: SubscriptionLayout,
  descriptors: DescriptorTable,
  clock: Clock,
  now: bigint,
): Subscription | Errno {
  const userdata = view.getBigUint64(at, true);
  const type = view.getUint8(at + 8);
  if (type === EVENT_CLOCK) {
    const flags = view.getUint16(at + layout.clock + 24, true);
    if (flags > CLOCK_ABSOLUTE) return -EINVAL;
    const id = view.getUint32(at + layout.clock, true);
    const timeout = view.getBigUint64(at + layout.clock + 8, true);
    if (id !== CLOCK_MONOTONIC && id !== CLOCK_REALTIME) return -EINVAL;
    if (flags !== CLOCK_ABSOLUTE) return { type, userdata, remaining: timeout, absolute: false };
    const from = id === CLOCK_MONOTONIC ? now : clock.realtime();
    return { type, userdata, remaining: timeout - from, absolute: true };
  }
  const open = descriptors.get(subscribedFd(view, at));
  if (type === EVENT_FD_READ) {
    if (open?.kind === KIND_INPUT) return { type, userdata, file: undefined };
    return open?.kind === KIND_FILE ? { type, userdata, file: open } : -EBADF;
  }
  if (type !== EVENT_FD_WRITE) return -EINVAL;
  return open?.kind === KIND_OUTPUT || open?.kind === KIND_FILE ? { type, userdata } : -EBADF;
}
