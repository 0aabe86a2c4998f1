/** Longest piece of outside text that an error message repeats, in characters: one line of a terminal log. */
export const MAX_PRINTABLE = 200;

/** C0 and C1 controls, line separators, bidirectional overrides, invisible marks and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u200B-\u200F\u2028-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/gu;

/**
 * Outside text made fit for a message: what could steer a terminal or forge a second line becomes "?",
 * and more than `max` characters are cut.
 */
export function printable(text: string, max: number = MAX_PRINTABLE): string {
  const cut = text.length > max;
  const clean = (cut ? text.slice(0, max) : text).replace(UNPRINTABLE, "?");
  return cut ? `${clean}…` : clean;
}

/** Names of a list that a message repeats. */
const MAX_LISTED = 20;

/** Outside names made fit for a message, the first of them: `a, b and 3 more`. */
export function printableList(names: readonly string[]): string {
  const shown = names
    .slice(0, MAX_LISTED)
    .map((name) => printable(name))
    .join(", ");
  const more = names.length - MAX_LISTED;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
