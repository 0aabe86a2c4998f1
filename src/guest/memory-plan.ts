import { MAX_PAGES, type MemoryType, PAGE_BYTES } from "../wasm/module-info.js";

/** What is made for one memory of a guest; sizes in pages. */
export interface MemoryPlan {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
  readonly address64: boolean;
}

/**
 * Sizes of a guest's memories, in pages, so that all together can never pass `limitBytes`: what the
 * initial sizes leave is shared out evenly, and what one cannot use is left to those behind it.
 * `undefined` when the initial sizes alone pass the limit.
 */
export function planMemories(
  memories: readonly MemoryType[],
  limitBytes: number,
): MemoryPlan[] | undefined {
  let room = Math.floor(limitBytes / PAGE_BYTES) - initialPages(memories);
  if (room < 0) return undefined;
  return memories.map(({ initial, maximum = MAX_PAGES, shared, address64 }, index) => {
    const share = Math.floor(room / (memories.length - index));
    const growth = Math.min(Math.max(0, Math.min(maximum, MAX_PAGES) - initial), share);
    room -= growth;
    return { initial, maximum: initial + growth, shared, address64 };
  });
}

export function initialPages(memories: readonly MemoryType[]): number {
  return memories.reduce((sum, memory) => sum + memory.initial, 0);
}
