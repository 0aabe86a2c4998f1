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
 * initial sizes leave is shared out evenly. `undefined` when the initial sizes alone pass the limit.
 */
export function planMemories(
  memories: readonly MemoryType[],
  limitBytes: number,
): MemoryPlan[] | undefined {
  const limit = Math.floor(limitBytes / PAGE_BYTES);
  const left = limit - initialPages(memories);
  if (left < 0) return undefined;
  const share = memories.length === 0 ? 0 : Math.floor(left / memories.length);
  return memories.map(({ initial, maximum, shared, address64 }) => ({
    initial,
    maximum: Math.min(maximum ?? MAX_PAGES, initial + share, MAX_PAGES),
    shared,
    address64,
  }));
}

export function initialPages(memories: readonly MemoryType[]): number {
  return memories.reduce((sum, memory) => sum + memory.initial, 0);
}
