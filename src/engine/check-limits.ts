import {
  type CheckedLimits,
  DEFAULT_LIMITS,
  MAX_BYTES,
  MAX_MEMORY_BYTES,
  MAX_TABLE_ELEMENTS,
  MAX_TIMEOUT_MS,
  type OptionalLimit,
} from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

type NumberLimit = Exclude<keyof CheckedLimits, OptionalLimit>;

/** Smallest and largest value of each limit. */
const RANGES: ReadonlyMap<NumberLimit, readonly [min: number, max: number]> = new Map([
  ["memoryBytes", [0, MAX_MEMORY_BYTES]],
  ["tableElements", [0, MAX_TABLE_ELEMENTS]],
  ["stdoutBytes", [0, MAX_MEMORY_BYTES]],
  ["stderrBytes", [0, MAX_MEMORY_BYTES]],
  ["writableBytes", [0, MAX_BYTES]],
  ["writableFiles", [0, 2 ** 31 - 1]],
  ["fileBytes", [0, MAX_BYTES]],
  ["moduleBytes", [8, MAX_MEMORY_BYTES]],
  ["compileMs", [1, MAX_TIMEOUT_MS]],
  // Three streams and the root's preopen are open before a guest asks for anything.
  ["openFiles", [4, 1_000_000]],
]);
/** In ms; none when they are not given. */
const TIMES: readonly OptionalLimit[] = ["timeoutMs", "cpuMs"];
const KEYS = [...TIMES, ...RANGES.keys()];

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
  for (const name of TIMES) {
    const ms = problems.integer(`limits.${name}`, limits[name], 1, MAX_TIMEOUT_MS, undefined);
    if (ms !== undefined) checked[name] = ms;
  }
  return checked;
}
