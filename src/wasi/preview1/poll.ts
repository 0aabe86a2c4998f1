/**
 * Waiting. Files and the output streams are always ready, so a guest waits for standard input, for a
 * clock, or for whichever comes first.
 *
 * Under the virtual clock a sleep adds its length and returns at once. A wait for standard input with a
 * timeout waits for the app in real time, for the app's input arrives in real time; the guest sees only
 * that the timeout has passed or that it has not.
 */
import { EBADF, EFAULT, EINVAL, SUCCESS } from "../../fs/errno.js";
import {
  TAKEN_CLOCK,
  TAKEN_STDIN,
  USED_CLOCK,
  USED_SLEEP,
  USED_STDIN,
} from "../../fs/policy-board.js";
import type { Clock } from "../clock.js";
import type { Stdio } from "../stdio.js";
import type { Caller } from "./caller.js";
import type { GuestMemory } from "../guest-memory.js";
import { EVENT_BYTES } from "./layout.js";
import type { Process } from "./process.js";
import {
  EVENT_CLOCK,
  EVENT_FD_READ,
  PREVIEW1_SUBSCRIPTION,
  readSubscription,
  subscribedFd,
  type Subscription,
  type SubscriptionLayout,
} from "./subscription.js";

/** More than a process can have descriptors to wait for; bounds the work of one call. */
const MAX_SUBSCRIPTIONS = 4096;

const HANGUP = 1;
const NS_PER_MS = 1e6;

export function pollFunctions(caller: Caller, layout: SubscriptionLayout = PREVIEW1_SUBSCRIPTION) {
  const { memory } = caller;
  return {
    poll_oneoff(subscriptions: number, events: number, count: number, out: number): number {
      const process = caller.enter();
      const { context, descriptors } = process;
      const wanted = count >>> 0;
      // Waiting for nothing would wait for ever.
      if (wanted === 0 || wanted > MAX_SUBSCRIPTIONS) return EINVAL;
      const list = subscriptions >>> 0;
      const target = events >>> 0;
      if (!memory.holds(list, wanted * layout.bytes)) return EFAULT;
      if (!memory.holds(target, wanted * EVENT_BYTES)) return EFAULT;
      if (!memory.holds(out >>> 0, 4)) return EFAULT;

      const { clock, stdio } = context;
      const start = clock.monotonic();
      const waits: Subscription[] = [];
      for (let index = 0; index < wanted; index++) {
        const at = list + index * layout.bytes;
        const answer = readSubscription(memory.view, at, layout, descriptors, clock, start);
        if (answer === -EBADF) return process.missing("poll_oneoff", subscribedFd(memory.view, at));
        if (typeof answer === "number") return -answer;
        noteUse(process, answer);
        waits.push(answer);
      }
      const elapsed = waitForAny(waits, clock, stdio, start);
      const lost = stdinLost(process);
      let written = 0;
      for (const wait of waits) {
        if (!isReady(wait, elapsed, stdio)) continue;
        const at = target + written * EVENT_BYTES;
        if (lost && isInput(wait)) writeLost(memory, at, wait.userdata, process);
        else writeEvent(memory, at, wait, stdio);
        written++;
      }
      memory.view.setUint32(out >>> 0, written, true);
      return 0;
    },
  };
}

function isReady(wait: Subscription, elapsed: bigint, { stdin }: Stdio): boolean {
  if (wait.type === EVENT_CLOCK) return wait.remaining <= elapsed;
  if (!isInput(wait)) return true;
  return stdin.available() > 0 || stdin.ended();
}

function isInput(wait: Subscription): boolean {
  return wait.type === EVENT_FD_READ && wait.file === undefined;
}

function noteUse(process: Process, wait: Subscription): void {
  if (isInput(wait)) process.use(USED_STDIN);
  if (wait.type !== EVENT_CLOCK) return;
  process.use(wait.absolute ? USED_SLEEP | USED_CLOCK : USED_SLEEP);
  if ((process.taken & TAKEN_CLOCK) !== 0) process.deny("clock", "poll_oneoff", SUCCESS);
}

/** Whether stdin was taken back while the guest waited. */
function stdinLost({ policy, taken }: Process): boolean {
  return policy !== undefined && (policy.taken() & ~taken & TAKEN_STDIN) !== 0;
}

/** The time that has passed when something is ready, in ns since `start`. */
function waitForAny(
  waits: readonly Subscription[],
  clock: Clock,
  stdio: Stdio,
  start: bigint,
): bigint {
  let first: bigint | undefined;
  let input = false;
  for (const wait of waits) {
    if (isReady(wait, 0n, stdio)) return 0n;
    if (wait.type !== EVENT_CLOCK) input = true;
    else if (first === undefined || wait.remaining < first) first = wait.remaining;
  }
  for (let elapsed = 0n; ; elapsed = clock.monotonic() - start) {
    if (first !== undefined && elapsed >= first) return elapsed;
    const ms = first === undefined ? Infinity : Number(first - elapsed) / NS_PER_MS;
    if (input) {
      if (stdio.stdin.wait(ms)) return clock.virtual ? 0n : clock.monotonic() - start;
    } else if (!clock.virtual) {
      stdio.sleep(ms);
    }
    if (clock.virtual && first !== undefined) {
      clock.advance(first);
      return first;
    }
  }
}

function writeLost(memory: GuestMemory, at: number, userdata: bigint, process: Process): void {
  const { view } = memory;
  view.setBigUint64(at, userdata, true);
  view.setUint32(at + 8, process.deny("stdio", "poll_oneoff", EBADF, "stdin"), true);
  view.setUint8(at + 10, EVENT_FD_READ);
  for (let word = 12; word < EVENT_BYTES; word += 4) view.setUint32(at + word, 0, true);
}

/** `userdata 0  errno u16 8  type u8 10  nbytes 16  flags u16 24`. */
function writeEvent(memory: GuestMemory, at: number, wait: Subscription, { stdin }: Stdio): void {
  let bytes = 0;
  let flags = 0;
  if (wait.type === EVENT_FD_READ) {
    bytes =
      wait.file === undefined
        ? stdin.available()
        : Math.max(0, wait.file.file.size() - wait.file.position);
    if (bytes === 0) flags = HANGUP;
  } else if (wait.type !== EVENT_CLOCK) {
    bytes = 1;
  }
  const { view } = memory;
  view.setBigUint64(at, wait.userdata, true);
  view.setUint32(at + 8, wait.type << 16, true);
  view.setUint32(at + 12, 0, true);
  memory.setU64(at + 16, bytes);
  memory.setU64(at + 24, flags);
}
