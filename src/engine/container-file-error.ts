import { SafedockError } from "../base/errors.js";
import * as errnos from "../fs/errno.js";

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(errnos).map(([name, value]) => [value, name]),
);

/** `answer`: a negated errno. */
export function fileError(verb: string, path: string, answer: number, why?: string): SafedockError {
  const errno = NAMES.get(-answer) ?? String(-answer);
  const reason = why === undefined ? errno : `${errno}, ${why}`;
  return new SafedockError(
    "ERR_CONTAINER_FILE",
    `cannot ${verb} ${JSON.stringify(path)}: ${reason}`,
    {
      data: { path, errno },
    },
  );
}
