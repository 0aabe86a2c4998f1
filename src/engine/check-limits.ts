import { type CheckedLimits, DEFAULT_LIMITS, MAX_MEMORY_BYTES, MAX_TIMEOUT_MS } from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

type NumberLimit = Exclude<keyof CheckedLimits, "timeoutMs">;

/** Smallest and largest value of each limit. */
const RANGES: ReadonlyMap<NumberLimit, readonly [min: number, max: number]> = new Map([
  ["memoryBytes", [0, MAX_MEMORY_BYTES]],
  ["stdoutBytes", [0, MAX_MEMORY_BYTES]],
  ["stderrBytes", [0, MAX_MEMORY_BYTES]],
  ["writableBytes", [0, Number.MAX_SAFE_INTEGER]],
  ["writableFiles", [0, 2 ** 31 - 1]],
  ["moduleBytes", [8, MAX_MEMORY_BYTES]],
  // Three streams and the root's preopen are open before a guest asks for anything.
  ["openFiles", [4, 1_000_000]],
]);
const KEYS = ["timeoutMs", ...RANGES.keys()];

export function checkLimits(limits: unknown, problems: Problems): CheckedLimits {
  if (!isRecord(limits)) {
    problems.add(`limits: must be an object, not ${show(limits)}`);
    return DEFAULT_LIMITS;
  }
  problems.keys("limits.", limits, KEYS);
  const checked: { -readonly [K in keyof CheckedLimits]: CheckedLimits[K] } = { ...DEFAULT_LIMITS };
  for (const [name, [min, max]] of RANGES) {
    checked[name] = problems.integer(
      `limits.${name}`,
      limits[name],
      min,
      max,
      DEFAULT_LIMITS[name],
    );
  }
  const timeoutMs = problems.integer(
    "limits.timeoutMs",
    limits.timeoutMs,
    1,
    MAX_TIMEOUT_MS,
    undefined,
  );
  if (timeoutMs !== undefined) checked.timeoutMs = timeoutMs;
  return checked;
}
