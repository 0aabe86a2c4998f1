/** wasi:filesystem/types and preopens. */
import type { Host } from "../host.js";
import { ErrorResource } from "../io/error.js";
import type { StreamsInterface } from "../io/streams.js";
import { lower } from "../lowering.js";
import { objectOf, resourceOf } from "../object-form.js";
import { lowerDescriptor } from "./descriptor-direct.js";
import { descriptorClasses, type DescriptorForm } from "./descriptor-form.js";
import { DescriptorResource } from "./descriptor-resource.js";
import { errorCode, errorCodeName, type ErrorCodeName } from "./error-code.js";
import { OpenedDirectory } from "./opened.js";
import { lowerPaths } from "./path-direct.js";

/** `tuple<descriptor, string>`: handle 0, address 4, length 8. */
const PREOPEN_BYTES = 12;

export function filesystemInterfaces(host: Host, streams: StreamsInterface) {
  const { Descriptor, DirectoryEntryStream } = descriptorClasses(host, streams);
  lowerDescriptor(host, Descriptor.prototype);
  lowerPaths(host, Descriptor.prototype);

  const filesystemErrorCode = (error: object): ErrorCodeName | undefined => {
    host.enter();
    const { errno } = resourceOf(host, ErrorResource, error);
    return errno === undefined ? undefined : errorCodeName(errno);
  };
  lower(host, filesystemErrorCode, [ErrorResource], (lowering) => (error: number, out: number) => {
    host.enter();
    const { errno } = lowering.resource(ErrorResource, 0, error);
    const at = lowering.at(out, 2, 1);
    lowering.memory.view.setUint8(at, errno === undefined ? 0 : 1);
    if (errno !== undefined) lowering.memory.view.setUint8(at + 1, errorCode(errno));
  });

  /** A descriptor of each preopen, as often as a guest asks. */
  const preopens = (): [DescriptorResource, string][] =>
    host
      .enter()
      .context.namespace.preopens.map(({ name, location }) => [
        new DescriptorResource(new OpenedDirectory(undefined, location, name)),
        name,
      ]);

  const getDirectories = (): [DescriptorForm, string][] =>
    preopens().map(([resource, name]) => [objectOf(host, Descriptor, resource), name]);
  lower(host, getDirectories, [DescriptorResource], (lowering) => (out: number) => {
    const directories = preopens();
    const at = lowering.at(out, 8, 4);
    const address = lowering.allocate(directories.length * PREOPEN_BYTES, 4);
    for (const [index, [resource, name]] of directories.entries()) {
      const entry = address + index * PREOPEN_BYTES;
      lowering.putText(entry + 4, name);
      lowering.memory.view.setUint32(entry, lowering.give(0, resource), true);
    }
    lowering.memory.view.setUint32(at, address, true);
    lowering.memory.view.setUint32(at + 4, directories.length, true);
  });

  return {
    types: { Descriptor, DirectoryEntryStream, filesystemErrorCode },
    preopens: { getDirectories },
  };
}
