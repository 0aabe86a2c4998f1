import { MAX_PAGES, type MemoryType, PAGE_BYTES } from "../wasm/module-info.js";

export interface MemoryPlan {
  readonly initial: number;
  readonly maximum: number;
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
  return memories.map(({ initial, maximum }) => ({
    initial,
    maximum: Math.min(maximum ?? MAX_PAGES, initial + share, MAX_PAGES),
  }));
}

export function initialPages(memories: readonly MemoryType[]): number {
  return memories.reduce((sum, memory) => sum + memory.initial, 0);
}
