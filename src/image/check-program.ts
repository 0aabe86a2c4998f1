import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { ImageRecord } from "./image-record.js";

/** Most modules that an error lists. */
const MAX_LISTED = 8;

/**
 * Checks that an image which was made here can be started: its command names a module of it.
 *
 * @throws SafedockError `ERR_ENTRYPOINT_MISSING`
 */
export function checkProgram({ program, config, modules }: ImageRecord): void {
  if (program?.entry !== undefined) return;
  const [word] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const entrypoint = printable(word ?? "");
  const paths = modules.slice(0, MAX_LISTED).map(({ path }) => printable(path, 100));
  const list = modules.length > MAX_LISTED ? [...paths, "…"] : paths;
  throw new SafedockError(
    "ERR_ENTRYPOINT_MISSING",
    `The image cannot be started: ${
      word === undefined ? "it names no program" : `"${entrypoint}" is no WebAssembly file in it`
    }`,
    {
      data: { entrypoint },
      hint: `its modules are ${list.join(", ")}: name one as the first word of entrypoint`,
    },
  );
}
