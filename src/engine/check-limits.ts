import {
  type CheckedLimits,
  DEFAULT_LIMITS,
  MAX_BYTES,
  MAX_MEMORY_BYTES,
  MAX_TABLE_ELEMENTS,
  MAX_TIMEOUT_MS,
} from "./limits.js";
import { isPlain } from "./plain-copy.js";
import { isRecord, type Problems, show } from "./problems.js";
import { unknownOption } from "../base/option-problems.js";

/** Smallest and largest value of each limit. */
const RANGES: readonly (readonly [name: keyof CheckedLimits, min: number, max: number])[] = [
  ["timeoutMs", 1, MAX_TIMEOUT_MS],
  ["cpuMs", 1, MAX_TIMEOUT_MS],
  ["memoryBytes", 0, MAX_MEMORY_BYTES],
  ["tableElements", 0, MAX_TABLE_ELEMENTS],
  ["stdoutBytes", 0, MAX_MEMORY_BYTES],
  ["stderrBytes", 0, MAX_MEMORY_BYTES],
  ["writableBytes", 0, MAX_BYTES],
  ["writableFiles", 0, 2 ** 31 - 1],
  ["fileBytes", 0, MAX_BYTES],
  ["moduleBytes", 8, MAX_MEMORY_BYTES],
  ["compileMs", 1, MAX_TIMEOUT_MS],
  // Three streams and the root's preopen are open before a guest asks for anything.
  ["openFiles", 4, 1_000_000],
];
const KEYS = RANGES.map(([name]) => name);
const BY_NAME: ReadonlyMap<string, (typeof RANGES)[number]> = new Map(
  RANGES.map((range) => [range[0], range]),
);

/**
 * Checks {@link Limits} as the app gave them: each is read once, so that what is checked is what is used.
 * No copy is made first, as of other options: a warm run checks its limits each time.
 */
export function checkLimits(limits: unknown, problems: Problems): CheckedLimits {
  const checked: Writable = { ...DEFAULT_LIMITS };
  try {
    if (!isRecord(limits)) problems.add(`limits: must be an object, not ${show(limits)}`);
    else if (!isPlain(limits)) problems.add("limits: must be a plain object");
    else readLimits(limits, checked, problems);
  } catch (error) {
    problems.unreadable("limits", error);
  }
  return checked;
}

type Writable = { -readonly [K in keyof CheckedLimits]: CheckedLimits[K] };

function readLimits(
  limits: Readonly<Record<string, unknown>>,
  checked: Writable,
  problems: Problems,
): void {
  for (const key of Object.keys(limits)) {
    const range = BY_NAME.get(key);
    if (range === undefined) {
      problems.add(unknownOption("limits.", key, KEYS));
      continue;
    }
    const value = limits[key];
    if (value === undefined) continue;
    const [name, min, max] = range;
    // As `problems.integer` has it; that is asked for the message alone, which starts with a text put together.
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
      checked[name] = value;
    } else {
      problems.integer(`limits.${name}`, value, min, max, undefined);
    }
  }
}
