/** `wasi:filesystem/types.directory-entry-stream`. */
import type { Host } from "../host.js";
import { lowerMethod } from "../lowering.js";
import { resourceOf, WitError } from "../object-form.js";
import { descriptorType, descriptorTypeName, type DescriptorTypeName } from "./descriptor-type.js";
import { DirectoryStreamResource } from "./directory-stream.js";
import { errorCode, errorCodeName } from "./error-code.js";

export type DirectoryStreamForm = ReturnType<typeof directoryStreamClass>["prototype"];

/** `result<option<directory-entry>, error-code>`: case 0, option 4, type 8, name 12 and 16. */
const RESULT_BYTES = 20;

export function directoryStreamClass(host: Host) {
  class DirectoryEntryStream {
    readDirectoryEntry(): { type: DescriptorTypeName; name: string } | undefined {
      const process = host.enter();
      const entry = resourceOf(host, DirectoryStreamResource, this).next(process);
      if (typeof entry === "number") throw new WitError(errorCodeName(-entry));
      if (entry === undefined) return undefined;
      return { type: descriptorTypeName(entry.type), name: entry.name };
    }
  }

  lowerMethod(
    host,
    DirectoryEntryStream.prototype,
    "readDirectoryEntry",
    [DirectoryStreamResource],
    (lowering) =>
      (self: number, out: number): void => {
        const process = host.enter();
        const stream = lowering.resource(DirectoryStreamResource, 0, self);
        const at = lowering.at(out, RESULT_BYTES, 4);
        const entry = stream.next(process);
        if (typeof entry === "object") lowering.putText(at + 12, entry.name);
        const { view } = lowering.memory;
        if (typeof entry === "number") {
          view.setUint8(at, 1);
          view.setUint8(at + 4, errorCode(-entry));
          return;
        }
        view.setUint8(at, 0);
        view.setUint8(at + 4, entry === undefined ? 0 : 1);
        if (entry !== undefined) view.setUint8(at + 8, descriptorType(entry.type));
      },
  );
  return DirectoryEntryStream;
}
