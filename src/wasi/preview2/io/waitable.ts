/** What a guest can wait for. */
import type { Process } from "../process.js";

/** Bits of `Waitable.waits`: whose doing makes it ready. */
export const WAITS_FOR_STDIN = 1;
/** An answer of the app's thread. */
export const WAITS_FOR_HOST = 2;

export interface Waitable {
  /** Whether there is nothing to wait for any more. Also once there never will be. */
  ready(process: Process): boolean;
  /** WAITS_FOR_* bits; 0: time alone, or it is ready from the beginning. */
  readonly waits: number;
  /** When it is ready whatever happens, on the monotonic clock in ns. */
  readonly deadline?: bigint | undefined;
}

export const READY: Waitable = { ready: () => true, waits: 0 };

const NS_PER_MS = 1e6;

/**
 * Waits until one of them is ready. Under the virtual clock a wait for time alone adds its length and
 * returns at once; one that also waits for the app waits in real time, for that is what the app takes.
 */
export function waitForAny(process: Process, waitables: readonly Waitable[]): void {
  let waits = 0;
  let deadline: bigint | undefined;
  for (const waitable of waitables) {
    if (waitable.ready(process)) return;
    waits |= waitable.waits;
    if (waitable.deadline !== undefined && (deadline === undefined || waitable.deadline < deadline))
      ({ deadline } = waitable);
  }
  const { clock } = process.context;
  if (!clock.virtual || waits !== 0 || deadline === undefined) {
    parkUntil(process, waitables, waits, deadline);
    return;
  }
  const left = deadline - clock.monotonic();
  if (left > 0n) clock.advance(left);
}

function parkUntil(
  process: Process,
  waitables: readonly Waitable[],
  waits: number,
  deadline: bigint | undefined,
): void {
  const { clock } = process.context;
  const length = deadline === undefined ? 0n : deadline - clock.monotonic();
  const begun = performance.now();
  for (;;) {
    let leftMs = Infinity;
    if (deadline !== undefined) {
      leftMs = clock.virtual
        ? Number(length) / NS_PER_MS - (performance.now() - begun)
        : Number(deadline - clock.monotonic()) / NS_PER_MS;
      if (clock.virtual && leftMs <= 0) {
        if (length > 0n) clock.advance(length);
        return;
      }
    }
    park(process, waits, Math.max(leftMs, 0));
    if (waitables.some((waitable) => waitable.ready(process))) return;
  }
}

function park({ context }: Process, waits: number, ms: number): void {
  if ((waits & WAITS_FOR_HOST) !== 0) {
    if (ms === Infinity) context.host.wait();
    else context.host.wait(ms);
  } else if ((waits & WAITS_FOR_STDIN) !== 0) {
    context.stdio.stdin.wait(ms);
  } else {
    context.stdio.sleep(ms);
  }
}
