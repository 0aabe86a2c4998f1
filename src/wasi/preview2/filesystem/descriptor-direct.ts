/** The direct forms of `wasi:filesystem/types.descriptor` that are about the descriptor itself. */
import type { Host } from "../host.js";
import { Input } from "../io/input.js";
import { Output } from "../io/output.js";
import { MAX_READ_BYTES } from "../limits.js";
import { type DirectFunction, type Lowering, lowerMethod } from "../lowering.js";
import type { Process } from "../process.js";
import type { Resource, ResourceType } from "../resource.js";
import { toLength } from "../to-length.js";
import { toPosition } from "../../file-offset.js";
import { APPEND } from "../../transfer.js";
import type { DescriptorForm } from "./descriptor-form.js";
import { DescriptorResource } from "./descriptor-resource.js";
import {
  COUNT_BYTES,
  DONE_BYTES,
  HANDLE_BYTES,
  HASH_BYTES,
  putCode,
  putDone,
  putStat,
  READ_BYTES,
  STAT_BYTES,
} from "./descriptor-results.js";
import { descriptorType } from "./descriptor-type.js";
import { DirectoryStreamResource } from "./directory-stream.js";
import { FileInput } from "./file-input.js";
import { FileOutput } from "./file-output.js";
import * as files from "./files.js";
import type { Opened } from "./opened.js";
import { prepareFromFile, takeFromFile } from "./read-file.js";
import { writeToFile } from "./write-file.js";

const SELF_ALONE = [DescriptorResource] as const;

/** Cases of `new-timestamp` are 0, 1 and 2. */
export function timeOf(host: Host, kind: number, seconds: bigint, ns: number): files.NewTime {
  if (kind >>> 0 > files.TIME_GIVEN) host.trap("a new-timestamp of no case");
  return { kind, seconds, nanoseconds: ns >>> 0 };
}

export function lowerDescriptor(host: Host, form: DescriptorForm): void {
  const method = (
    name: keyof DescriptorForm,
    types: readonly ResourceType[],
    make: (lowering: Lowering) => DirectFunction,
  ): void => lowerMethod(host, form, name, types, make);
  const self = (lowering: Lowering, handle: number): Opened =>
    lowering.resource(DescriptorResource, 0, handle).opened;

  method(
    "read",
    SELF_ALONE,
    (lowering) => (handle: number, length: bigint, offset: bigint, out: number) => {
      const process = host.enter();
      const opened = self(lowering, handle);
      const at = lowering.at(out, READ_BYTES, 4);
      const from = files.readableFile(opened);
      if (typeof from === "number") return putCode(lowering, at, at + 4, from);
      const position = toPosition(offset);
      if (position < 0) return putCode(lowering, at, at + 4, position);
      const wanted = toLength(length, MAX_READ_BYTES);
      const count = prepareFromFile(from.file, wanted, position);
      if (count < 0) return putCode(lowering, at, at + 4, count);
      const address = lowering.allocate(count, 1);
      const { memory } = lowering;
      const taken =
        count === 0 ? 0 : takeFromFile(from.file, memory.bytes, address, count, position);
      if (taken < 0) return putCode(lowering, at, at + 4, taken);
      process.usage.readBytes += taken;
      const { view } = memory;
      view.setUint8(at, 0);
      view.setUint32(at + 4, address, true);
      view.setUint32(at + 8, taken, true);
      view.setUint8(at + 12, taken === 0 || taken < wanted ? 1 : 0);
    },
  );

  method(
    "write",
    SELF_ALONE,
    (lowering) =>
      (handle: number, contents: number, length: number, offset: bigint, out: number) => {
        const process = host.enter();
        const opened = self(lowering, handle);
        const at = lowering.at(out, COUNT_BYTES, 8);
        const count = length >>> 0;
        const from = lowering.at(contents, count, 1);
        const to = files.writableFile(opened);
        if (typeof to === "number") return putCode(lowering, at, at + 8, to);
        const position = toPosition(offset);
        if (position < 0) return putCode(lowering, at, at + 8, position);
        const { memory } = lowering;
        const written = writeToFile(to, memory.bytes, from, count, position);
        if (written < 0) return putCode(lowering, at, at + 8, written);
        process.usage.writtenBytes += written;
        memory.view.setUint8(at, 0);
        memory.setU64(at + 8, written);
      },
  );

  method("stat", SELF_ALONE, (lowering) => (handle: number, out: number) => {
    const process = host.enter();
    const opened = self(lowering, handle);
    const at = lowering.at(out, STAT_BYTES, 8);
    const answer = files.statOpened(process, opened, host.stat);
    if (answer < 0) putCode(lowering, at, at + 8, answer);
    else putStat(lowering, at, host.stat);
  });

  method("getType", SELF_ALONE, (lowering) => (handle: number, out: number) => {
    host.enter();
    const opened = self(lowering, handle);
    putByte(lowering, out, descriptorType(files.typeOfOpened(opened)));
  });

  method("getFlags", SELF_ALONE, (lowering) => (handle: number, out: number) => {
    host.enter();
    const opened = self(lowering, handle);
    putByte(lowering, out, files.flagsOf(opened));
  });

  /** The functions that answer no more than whether they have failed; `out` comes last. */
  const done = (
    lowering: Lowering,
    handle: number,
    out: number,
    act: (process: Process, opened: Opened) => number,
  ): void => {
    const process = host.enter();
    const opened = self(lowering, handle);
    const at = lowering.at(out, DONE_BYTES, 1);
    putDone(lowering, at, act(process, opened));
  };

  method(
    "sync",
    SELF_ALONE,
    (lowering) => (handle: number, out: number) =>
      done(lowering, handle, out, (_, opened) => files.syncOpened(opened, false)),
  );
  method(
    "syncData",
    SELF_ALONE,
    (lowering) => (handle: number, out: number) =>
      done(lowering, handle, out, (_, opened) => files.syncOpened(opened, true)),
  );
  method(
    "setSize",
    SELF_ALONE,
    (lowering) => (handle: number, size: bigint, out: number) =>
      done(lowering, handle, out, (_, opened) => files.setSize(opened, size)),
  );
  method(
    "advise",
    SELF_ALONE,
    (lowering) => (handle: number, _offset: bigint, length: bigint, advice: number, out: number) =>
      done(lowering, handle, out, (_, opened) => files.advise(opened, length, advice >>> 0)),
  );
  method(
    "setTimes",
    SELF_ALONE,
    (lowering) =>
      (
        handle: number,
        accessKind: number,
        accessSeconds: bigint,
        accessNs: number,
        kind: number,
        seconds: bigint,
        ns: number,
        out: number,
      ) =>
        done(lowering, handle, out, (process, opened) => {
          const access = timeOf(host, accessKind, accessSeconds, accessNs);
          const times = files.readTimes(process, access, timeOf(host, kind, seconds, ns));
          return typeof times === "number" ? times : files.setTimes(opened, times);
        }),
  );

  method("metadataHash", SELF_ALONE, (lowering) => (handle: number, out: number) => {
    const process = host.enter();
    const opened = self(lowering, handle);
    const at = lowering.at(out, HASH_BYTES, 8);
    putHash(host, lowering, at, files.statOpened(process, opened, host.stat));
  });

  method("isSameObject", SELF_ALONE, (lowering) => (handle: number, other: number): number => {
    const process = host.enter();
    return files.isSameObject(process, self(lowering, handle), self(lowering, other)) ? 1 : 0;
  });

  /** The functions that answer a handle on what `make` has made; the descriptor is the second type. */
  const making = (
    name: keyof DescriptorForm,
    type: ResourceType,
    make: (process: Process, opened: Opened, offset: bigint) => Resource | number,
  ): void => {
    const call = (lowering: Lowering, handle: number, offset: bigint, out: number): void => {
      const process = host.enter();
      const { opened } = lowering.resource(DescriptorResource, 1, handle);
      const at = lowering.at(out, HANDLE_BYTES, 4);
      putHandle(lowering, at, 0, make(process, opened, offset));
    };
    const takesOffset = name !== "appendViaStream";
    method(name, [type, DescriptorResource], (lowering) =>
      takesOffset
        ? (handle: number, offset: bigint, out: number) => call(lowering, handle, offset, out)
        : (handle: number, out: number) => call(lowering, handle, 0n, out),
    );
  };

  making("readViaStream", Input, (_, opened, offset) => {
    const file = files.readableFile(opened);
    const position = toPosition(offset);
    if (typeof file === "number") return file;
    return position < 0 ? position : new FileInput(file, position);
  });
  making("writeViaStream", Output, (_, opened, offset) => {
    const file = files.writableFile(opened);
    const position = toPosition(offset);
    if (typeof file === "number") return file;
    return position < 0 ? position : new FileOutput(file, position);
  });
  making("appendViaStream", Output, (_, opened) => {
    const file = files.writableFile(opened);
    return typeof file === "number" ? file : new FileOutput(file, APPEND);
  });

  method(
    "readDirectory",
    [DescriptorResource, DirectoryStreamResource],
    (lowering) => (handle: number, out: number) => {
      const process = host.enter();
      const opened = self(lowering, handle);
      const at = lowering.at(out, HANDLE_BYTES, 4);
      putHandle(lowering, at, 1, files.openDirectoryStream(process, opened));
    },
  );
}

/** Writes a result of one byte: a type, or flags. */
function putByte(lowering: Lowering, out: number, value: number): void {
  const at = lowering.at(out, DONE_BYTES, 1);
  lowering.memory.view.setUint8(at, 0);
  lowering.memory.view.setUint8(at + 1, value);
}

/** Writes a `result<own<…>, error-code>` to an address that was checked before anything was made. */
export function putHandle(
  lowering: Lowering,
  at: number,
  index: number,
  made: Resource | number,
): void {
  if (typeof made === "number") return putCode(lowering, at, at + 4, made);
  const handle = lowering.give(index, made);
  lowering.memory.view.setUint8(at, 0);
  lowering.memory.view.setUint32(at + 4, handle, true);
}

/** Writes a `result<metadata-hash-value, error-code>` about what `host.stat` has. */
export function putHash(host: Host, lowering: Lowering, at: number, answer: number): void {
  if (answer < 0) return putCode(lowering, at, at + 8, answer);
  const [lower, upper] = files.identityOf(host.stat);
  const { view } = lowering.memory;
  view.setUint8(at, 0);
  view.setBigUint64(at + 8, lower, true);
  view.setBigUint64(at + 16, upper, true);
}
