import { inThread } from "../base/in-thread.js";
import { OUTLINE_BOUNDS } from "../image/module-outline.js";
import { type ProgramHead, unreadable } from "./describe-outline.js";
import type { ProgramRequirements } from "./requirements.js";

/** What the thread is given. */
export interface OutlineOrder {
  readonly outline: Uint8Array;
  readonly head: ProgramHead;
}

/** As `describeOutline`, in a thread of its own. */
export async function describeElsewhere(
  outline: Uint8Array,
  head: ProgramHead,
): Promise<ProgramRequirements> {
  const order: OutlineOrder = { outline, head };
  const entry = new URL("./outline-worker.js", import.meta.url);
  const described = await inThread<ProgramRequirements>(entry, order, OUTLINE_BOUNDS);
  return described ?? unreadable(head, "its imports and exports take too long to read");
}
