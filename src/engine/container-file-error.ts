import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { errnoName } from "./errno-name.js";

/** `answer`: a negated errno. */
export function fileError(verb: string, path: string, answer: number, why?: string): SafedockError {
  const errno = errnoName(-answer);
  const reason = why === undefined ? errno : `${errno}, ${why}`;
  return new SafedockError(
    "ERR_CONTAINER_FILE",
    `cannot ${verb} ${JSON.stringify(printable(path))}: ${reason}`,
    {
      data: { path, errno },
    },
  );
}
