import { isSafedockError } from "../base/errors.js";
import { isRecord, Problems } from "./problems.js";

/**
 * A copy of a verb's options in which each was read once, so that what is checked is what is used. Names that
 * are not in `keys` stay, for the verb's own check to complain about them with all that is wrong.
 *
 * @param keys - the options that there are: they are found also where a prototype has them.
 * @throws SafedockError `ERR_OPTIONS_INVALID` for what is no object, for what a getter or a proxy throws, and
 * for a `signal` or `onProgress` that is none
 */
export function readOptions<T extends object>(
  subject: string,
  options: T,
  keys: readonly string[],
): T {
  const copy = reading(subject, "options", () => copyOf(options, keys));
  const problems = new Problems();
  if (!isRecord(copy)) {
    problems.add("options: must be an object");
    problems.throwIfAny(subject);
  }
  const { signal, onProgress }: Watched = copy;
  if (signal === undefined && onProgress === undefined) return copy;
  if (keys.includes("signal")) problems.signal("signal", signal);
  if (keys.includes("onProgress")) problems.function("onProgress", onProgress);
  problems.throwIfAny(subject);
  return copy;
}

interface Watched {
  readonly signal?: unknown;
  readonly onProgress?: unknown;
}

/** As {@link readOptions}, and checks the names. */
export function readKnownOptions<T extends object>(
  subject: string,
  options: T,
  keys: readonly string[],
): T {
  const copy = readOptions(subject, options, keys);
  const problems = new Problems();
  problems.keys("", copy, keys);
  problems.throwIfAny(subject);
  return copy;
}

function copyOf<T extends object>(options: T, keys: readonly string[]): T {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return options;
  const copy = { ...options };
  for (const key of keys) {
    if (Object.hasOwn(copy, key)) continue;
    const inherited: unknown = Reflect.get(options, key);
    if (inherited !== undefined) Reflect.set(copy, key, inherited);
  }
  return copy;
}

/**
 * Looks at values of the app. What that throws beside errors of ours comes from a getter or a proxy in them.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with that as its `cause`
 */
export function reading<T>(subject: string, at: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (isSafedockError(error)) throw error;
    const problems = new Problems();
    problems.unreadable(at, error);
    problems.throwIfAny(subject);
    throw error;
  }
}
