// Medians and percentiles, and the rounds in which contenders take turns.

export function percentile(samples, share) {
  const sorted = Float64Array.from(samples).sort();
  if (sorted.length === 0) return NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (samples) => percentile(samples, 0.5);

/**
 * Lets contenders take turns, so that a slow moment of the machine meets all of them. Each contender is
 * `{ name, sample }`; `sample()` gives one figure or an array of them. The first round is thrown away.
 * Gives a Map from name to all figures.
 */
export async function takeTurns(contenders, rounds) {
  const figures = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    const first = round % contenders.length;
    for (let turn = 0; turn < contenders.length; turn++) {
      const { name, sample } = contenders[(first + turn) % contenders.length];
      const taken = await sample();
      if (round > 0) figures.get(name).push(...[taken].flat());
    }
  }
  return figures;
}

/** Times `times` calls one by one, in ms each. */
export async function timeEach(times, call) {
  const taken = new Array(times);
  for (let turn = 0; turn < times; turn++) {
    const started = performance.now();
    const answer = call();
    if (answer instanceof Promise) await answer;
    taken[turn] = performance.now() - started;
  }
  return taken;
}
