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
