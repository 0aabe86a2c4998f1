/**
 * V8 ends a worker whose heap is full, but the whole process where a single thing of more than some 16 MB finds it
 * so. What is large is asked for first.
 */
import { getHeapStatistics } from "node:v8";

/** Bytes that may be asked for as they are: they fit into what V8 adds to a full heap. */
const SMALL_BYTES = 2 ** 20;
/** Bytes that are left for all that is small. */
const SPARE_BYTES = 64 * 2 ** 20;
/** What an array takes for each of its elements while it grows: the old one, the new one, which is half as long again, and a copy. */
const ELEMENT_BYTES = 32;

/** @throws WebAssembly.RuntimeError if so many bytes might fill the heap */
export function assertHeapRoom(bytes: number): void {
  if (bytes <= SMALL_BYTES) return;
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  if (bytes + SPARE_BYTES <= limit - used) return;
  throw new WebAssembly.RuntimeError(
    `the heap of the guest's worker has no room for a value of ${bytes} bytes`,
  );
}

/** An array of so many elements, each of them yet to be made. */
export function newList(length: number): unknown[] {
  assertHeapRoom(length * ELEMENT_BYTES);
  return [];
}
