/** The object form of `wasi:filesystem/types.descriptor`. */
import { emptyStat, type Stat } from "../../../fs/node.js";
import { toPosition } from "../../file-offset.js";
import { APPEND } from "../../transfer.js";
import { toDatetime } from "../clocks/datetime.js";
import type { Host } from "../host.js";
import type { InputStreamForm, OutputStreamForm, StreamsInterface } from "../io/streams.js";
import { MAX_READ_BYTES } from "../limits.js";
import { makeDroppable, objectOf, resourceOf } from "../object-form.js";
import type { Process } from "../process.js";
import { toLength } from "../to-length.js";
import { DescriptorResource } from "./descriptor-resource.js";
import { descriptorTypeName, type DescriptorTypeName } from "./descriptor-type.js";
import {
  ADVICE,
  check,
  checkPath,
  codeError,
  type DescriptorFlags,
  type DescriptorStat,
  hash,
  need,
  type NewTimestamp,
  type OpenFlags,
  type PathFlags,
  toBits,
  toNewTime,
  toOflags,
} from "./descriptor-values.js";
import { directoryStreamClass, type DirectoryStreamForm } from "./directory-stream-form.js";
import { DirectoryStreamResource } from "./directory-stream.js";
import { FileInput } from "./file-input.js";
import { FileOutput } from "./file-output.js";
import * as files from "./files.js";
import {
  FLAG_DATA_SYNC,
  FLAG_FILE_SYNC,
  FLAG_MUTATE_DIRECTORY,
  FLAG_READ,
  FLAG_READ_SYNC,
  FLAG_WRITE,
  type Opened,
} from "./opened.js";
import * as paths from "./path-functions.js";
import { prepareFromFile, takeFromFile } from "./read-file.js";
import { writeToFile } from "./write-file.js";

export type DescriptorForm = ReturnType<typeof descriptorClasses>["Descriptor"]["prototype"];

export function descriptorClasses(host: Host, streams: StreamsInterface) {
  const DirectoryEntryStream = directoryStreamClass(host);

  function opened(object: object): Opened {
    return resourceOf(host, DescriptorResource, object).opened;
  }

  function stat(answer: number, from: Stat): DescriptorStat {
    check(answer);
    return {
      type: descriptorTypeName(from.type),
      linkCount: BigInt(from.nlink),
      size: BigInt(from.size),
      dataAccessTimestamp: toDatetime(from.atime),
      dataModificationTimestamp: toDatetime(from.mtime),
      statusChangeTimestamp: toDatetime(from.ctime),
    };
  }

  function times(process: Process, access: NewTimestamp, change: NewTimestamp): files.NewTimes {
    const answer = files.readTimes(process, toNewTime(access), toNewTime(change));
    if (typeof answer === "number") throw codeError(answer);
    return answer;
  }

  class Descriptor {
    readViaStream(offset: bigint): InputStreamForm {
      host.enter();
      const file = need(files.readableFile(opened(this)));
      return streams.input(new FileInput(file, need(toPosition(offset))));
    }

    writeViaStream(offset: bigint): OutputStreamForm {
      host.enter();
      const file = need(files.writableFile(opened(this)));
      return streams.output(new FileOutput(file, need(toPosition(offset))));
    }

    appendViaStream(): OutputStreamForm {
      host.enter();
      return streams.output(new FileOutput(need(files.writableFile(opened(this))), APPEND));
    }

    advise(_offset: bigint, length: bigint, advice: (typeof ADVICE)[number]): void {
      host.enter();
      check(files.advise(opened(this), length, ADVICE.indexOf(advice)));
    }

    syncData(): void {
      host.enter();
      check(files.syncOpened(opened(this), true));
    }

    getFlags(): DescriptorFlags {
      host.enter();
      const flags = files.flagsOf(opened(this));
      return {
        read: (flags & FLAG_READ) !== 0,
        write: (flags & FLAG_WRITE) !== 0,
        fileIntegritySync: (flags & FLAG_FILE_SYNC) !== 0,
        dataIntegritySync: (flags & FLAG_DATA_SYNC) !== 0,
        requestedWriteSync: (flags & FLAG_READ_SYNC) !== 0,
        mutateDirectory: (flags & FLAG_MUTATE_DIRECTORY) !== 0,
      };
    }

    getType(): DescriptorTypeName {
      host.enter();
      return descriptorTypeName(files.typeOfOpened(opened(this)));
    }

    setSize(size: bigint): void {
      host.enter();
      check(files.setSize(opened(this), size));
    }

    setTimes(access: NewTimestamp, modification: NewTimestamp): void {
      const process = host.enter();
      check(files.setTimes(opened(this), times(process, access, modification)));
    }

    read(length: bigint, offset: bigint): [Uint8Array, boolean] {
      const process = host.enter();
      const { file } = need(files.readableFile(opened(this)));
      const position = need(toPosition(offset));
      const wanted = toLength(length, MAX_READ_BYTES);
      const bytes = new Uint8Array(need(prepareFromFile(file, wanted, position)));
      const taken = need(takeFromFile(file, bytes, 0, bytes.length, position));
      process.usage.readBytes += taken;
      return [bytes.subarray(0, taken), taken === 0 || taken < wanted];
    }

    write(buffer: Uint8Array, offset: bigint): bigint {
      const process = host.enter();
      const file = need(files.writableFile(opened(this)));
      const position = need(toPosition(offset));
      const written = need(writeToFile(file, buffer, 0, buffer.length, position));
      process.usage.writtenBytes += written;
      return BigInt(written);
    }

    readDirectory(): DirectoryStreamForm {
      const process = host.enter();
      const stream = files.openDirectoryStream(process, opened(this));
      if (typeof stream === "number") throw codeError(stream);
      return objectOf(host, DirectoryEntryStream, stream);
    }

    sync(): void {
      host.enter();
      check(files.syncOpened(opened(this), false));
    }

    createDirectoryAt(path: string): void {
      check(paths.callPath(host.enter(), opened(this), "create-directory-at", checkPath(path)));
    }

    stat(): DescriptorStat {
      const out = emptyStat();
      return stat(files.statOpened(host.enter(), opened(this), out), out);
    }

    statAt({ symlinkFollow = false }: PathFlags, path: string): DescriptorStat {
      const process = host.enter();
      const out = emptyStat();
      const at = opened(this);
      return stat(files.statAt(process, at, checkPath(path), symlinkFollow, out, "stat-at"), out);
    }

    setTimesAt(
      { symlinkFollow = false }: PathFlags,
      path: string,
      access: NewTimestamp,
      modification: NewTimestamp,
    ): void {
      const process = host.enter();
      const newTimes = times(process, access, modification);
      check(paths.setTimesAt(process, opened(this), checkPath(path), symlinkFollow, newTimes));
    }

    linkAt(
      { symlinkFollow = false }: PathFlags,
      oldPath: string,
      newDescriptor: object,
      newPath: string,
    ): void {
      const process = host.enter();
      const to = opened(newDescriptor);
      const [from, old] = [opened(this), checkPath(oldPath)];
      check(paths.linkAt(process, from, symlinkFollow, old, to, checkPath(newPath)));
    }

    openAt(
      { symlinkFollow = false }: PathFlags,
      path: string,
      open: OpenFlags,
      flags: DescriptorFlags,
    ): Descriptor {
      const process = host.enter();
      const oflags = toOflags(open);
      const name = checkPath(path);
      const found = files.openAt(process, opened(this), name, symlinkFollow, oflags, toBits(flags));
      if (typeof found === "number") throw codeError(found);
      return objectOf(host, Descriptor, new DescriptorResource(found));
    }

    readlinkAt(path: string): string {
      const target = paths.readlinkAt(host.enter(), opened(this), checkPath(path));
      if (typeof target === "number") throw codeError(target);
      return target;
    }

    removeDirectoryAt(path: string): void {
      check(paths.callPath(host.enter(), opened(this), "remove-directory-at", checkPath(path)));
    }

    renameAt(oldPath: string, newDescriptor: object, newPath: string): void {
      const process = host.enter();
      const to = opened(newDescriptor);
      check(paths.renameAt(process, opened(this), checkPath(oldPath), to, checkPath(newPath)));
    }

    symlinkAt(target: string, path: string): void {
      const process = host.enter();
      check(paths.symlinkAt(process, opened(this), checkPath(target), checkPath(path)));
    }

    unlinkFileAt(path: string): void {
      check(paths.callPath(host.enter(), opened(this), "unlink-file-at", checkPath(path)));
    }

    isSameObject(other: object): boolean {
      return files.isSameObject(host.enter(), opened(this), opened(other));
    }

    metadataHash(): { lower: bigint; upper: bigint } {
      check(files.statOpened(host.enter(), opened(this), host.stat));
      return hash(host.stat);
    }

    metadataHashAt(
      { symlinkFollow = false }: PathFlags,
      path: string,
    ): { lower: bigint; upper: bigint } {
      const process = host.enter();
      const [at, name] = [opened(this), checkPath(path)];
      check(files.statAt(process, at, name, symlinkFollow, host.stat, "metadata-hash-at"));
      return hash(host.stat);
    }
  }

  makeDroppable(host, Descriptor, DescriptorResource);
  makeDroppable(host, DirectoryEntryStream, DirectoryStreamResource);
  return { Descriptor, DirectoryEntryStream };
}
