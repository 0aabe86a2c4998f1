import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";

/**
 * An archive that breaks its format or our caps on it.
 *
 * @param source - what the archive is called: the path that was given, or a word for a stream.
 */
export function invalidArchive(source: string, problem: string, cause?: unknown): SafedockError {
  const shown = printable(source);
  return new SafedockError("ERR_ARCHIVE_INVALID", `Cannot load ${shown}: ${problem}`, {
    data: { source: shown, problem },
    cause,
  });
}
