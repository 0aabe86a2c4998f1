import type { ClockSpec, RandomSpec, StdioMode } from "../wasi/context-spec.js";
import type { Access } from "../mount.js";

const ACCESSES: readonly Access[] = ["read-only", "create-only", "read-write"];
const CLOCKS: readonly ClockSpec["kind"][] = ["frozen", "coarse", "real"];
const MODES: readonly StdioMode[] = ["denied", "null", "pipe"];

/** The wider an access, the larger the number; -1 for what is none. */
export function widthOf(access: unknown): number {
  return ACCESSES.findIndex((known) => known === access);
}

/** -1: the second allows less; 0: the same; 1: more; undefined: something else. */
export type Comparison = -1 | 0 | 1 | undefined;

export function compareAccess(old: Access, next: Access): Comparison {
  return compare(widthOf(old), widthOf(next));
}

export function compareClocks(old: ClockSpec, next: ClockSpec): Comparison {
  const kinds = compare(CLOCKS.indexOf(old.kind), CLOCKS.indexOf(next.kind));
  if (old.kind === "frozen" && next.kind === "frozen") return same(old.startMs, next.startMs);
  // A frozen clock tells nothing of the host, wherever it starts.
  if (old.kind === "frozen" || next.kind === "frozen") return kinds;
  if (old.startMs !== next.startMs) return undefined;
  if (old.kind === "coarse" && next.kind === "coarse") {
    return compare(next.resolutionMs, old.resolutionMs);
  }
  return kinds;
}

export function compareRandom(old: RandomSpec, next: RandomSpec): Comparison {
  if (old.kind === "seeded" && next.kind === "seeded") return same(old.seed, next.seed);
  if (old.kind === next.kind) return 0;
  if (old.kind === "denied") return 1;
  // Bytes that can be foretold are no less than others, and no more.
  return next.kind === "denied" ? -1 : undefined;
}

export function compareModes(old: StdioMode, next: StdioMode): Comparison {
  return compare(MODES.indexOf(old), MODES.indexOf(next));
}

export function compare(old: number, next: number): Comparison {
  if (old === next) return 0;
  return old < next ? 1 : -1;
}

export function same(old: unknown, next: unknown): Comparison {
  return old === next ? 0 : undefined;
}

/** Of several comparisons of one grant: something else, where one goes one way and one the other. */
export function together(comparisons: readonly Comparison[]): Comparison {
  if (comparisons.includes(undefined)) return undefined;
  const wider = comparisons.includes(1);
  const narrower = comparisons.includes(-1);
  if (wider && narrower) return undefined;
  return wider ? 1 : narrower ? -1 : 0;
}
