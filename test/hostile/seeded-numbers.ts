/** Gives a whole number from 0 to below the given bound. */
export type Numbers = (below: number) => number;

/** Whole numbers from 0 to below the given bound, the same for the same seed (mulberry32). */
export function seededNumbers(seed: number): Numbers {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One of the items, of which there must be one. */
export function pick<T>(items: readonly T[], next: Numbers): T {
  if (items.length === 0) throw new Error("nothing to pick from");
  return items[next(items.length)];
}
