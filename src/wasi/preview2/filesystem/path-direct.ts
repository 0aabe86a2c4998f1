/** The direct forms of `wasi:filesystem/types.descriptor` that are about paths below it. */
import type { Errno } from "../../../fs/errno.js";
import type { Host } from "../host.js";
import { type DirectFunction, type Lowering, lowerMethod } from "../lowering.js";
import type { Process } from "../process.js";
import { putHandle, putHash, timeOf } from "./descriptor-direct.js";
import type { DescriptorForm } from "./descriptor-form.js";
import { DescriptorResource } from "./descriptor-resource.js";
import {
  DONE_BYTES,
  HANDLE_BYTES,
  HASH_BYTES,
  putCode,
  putDone,
  putStat,
  STAT_BYTES,
  TEXT_BYTES,
} from "./descriptor-results.js";
import * as files from "./files.js";
import type { Opened } from "./opened.js";
import * as paths from "./path-functions.js";
import { OFLAGS_ALL } from "../../open-guest-path.js";

const TYPES = [DescriptorResource] as const;

/** `path-flags`. */
const SYMLINK_FOLLOW = 1;
/** `descriptor-flags` has so many. */
const FLAGS_ALL = 63;

export function lowerPaths(host: Host, form: DescriptorForm): void {
  const method = (name: keyof DescriptorForm, make: (lowering: Lowering) => DirectFunction): void =>
    lowerMethod(host, form, name, TYPES, make);
  const self = (lowering: Lowering, handle: number): Opened =>
    lowering.resource(DescriptorResource, 0, handle).opened;

  method(
    "statAt",
    (lowering) => (handle: number, flags: number, path: number, length: number, out: number) => {
      const process = host.enter();
      const opened = self(lowering, handle);
      const at = lowering.at(out, STAT_BYTES, 8);
      const name = lowering.path(path, length);
      const answer =
        typeof name === "number"
          ? name
          : files.statAt(process, opened, name, follows(flags), host.stat, "stat-at");
      if (answer < 0) putCode(lowering, at, at + 8, answer);
      else putStat(lowering, at, host.stat);
    },
  );

  method(
    "metadataHashAt",
    (lowering) => (handle: number, flags: number, path: number, length: number, out: number) => {
      const process = host.enter();
      const opened = self(lowering, handle);
      const at = lowering.at(out, HASH_BYTES, 8);
      const name = lowering.path(path, length);
      const answer =
        typeof name === "number"
          ? name
          : files.statAt(process, opened, name, follows(flags), host.stat, "metadata-hash-at");
      putHash(host, lowering, at, answer);
    },
  );

  method(
    "openAt",
    (lowering) =>
      (
        handle: number,
        pathFlags: number,
        path: number,
        length: number,
        openFlags: number,
        flags: number,
        out: number,
      ) => {
        const process = host.enter();
        const opened = self(lowering, handle);
        const at = lowering.at(out, HANDLE_BYTES, 4);
        const name = lowering.path(path, length);
        const [oflags, wanted] = [openFlags & OFLAGS_ALL, flags & FLAGS_ALL];
        const found =
          typeof name === "number"
            ? name
            : files.openAt(process, opened, name, follows(pathFlags), oflags, wanted);
        putHandle(
          lowering,
          at,
          0,
          typeof found === "number" ? found : new DescriptorResource(found),
        );
      },
  );

  /** The functions that answer no more than whether they have failed. */
  const done = (
    lowering: Lowering,
    handle: number,
    out: number,
    act: (process: Process, opened: Opened) => Errno,
  ): void => {
    const process = host.enter();
    const opened = self(lowering, handle);
    const at = lowering.at(out, DONE_BYTES, 1);
    putDone(lowering, at, act(process, opened));
  };

  const onPath = (name: keyof DescriptorForm, call: paths.PathCall): void =>
    method(
      name,
      (lowering) => (handle: number, path: number, length: number, out: number) =>
        done(lowering, handle, out, (process, opened) => {
          const text = lowering.path(path, length);
          return typeof text === "number" ? text : paths.callPath(process, opened, call, text);
        }),
    );
  onPath("createDirectoryAt", "create-directory-at");
  onPath("removeDirectoryAt", "remove-directory-at");
  onPath("unlinkFileAt", "unlink-file-at");

  method(
    "setTimesAt",
    (lowering) =>
      (
        handle: number,
        flags: number,
        path: number,
        length: number,
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
          if (typeof times === "number") return times;
          const name = lowering.path(path, length);
          if (typeof name === "number") return name;
          return paths.setTimesAt(process, opened, name, follows(flags), times);
        }),
  );

  method(
    "linkAt",
    (lowering) =>
      (
        handle: number,
        flags: number,
        oldPath: number,
        oldLength: number,
        newHandle: number,
        newPath: number,
        newLength: number,
        out: number,
      ) =>
        done(lowering, handle, out, (process, from) => {
          const to = self(lowering, newHandle);
          const oldName = lowering.path(oldPath, oldLength);
          const newName = lowering.path(newPath, newLength);
          if (typeof oldName === "number") return oldName;
          if (typeof newName === "number") return newName;
          return paths.linkAt(process, from, follows(flags), oldName, to, newName);
        }),
  );

  method(
    "renameAt",
    (lowering) =>
      (
        handle: number,
        oldPath: number,
        oldLength: number,
        newHandle: number,
        newPath: number,
        newLength: number,
        out: number,
      ) =>
        done(lowering, handle, out, (process, from) => {
          const to = self(lowering, newHandle);
          const oldName = lowering.path(oldPath, oldLength);
          const newName = lowering.path(newPath, newLength);
          if (typeof oldName === "number") return oldName;
          if (typeof newName === "number") return newName;
          return paths.renameAt(process, from, oldName, to, newName);
        }),
  );

  method(
    "symlinkAt",
    (lowering) =>
      (
        handle: number,
        target: number,
        targetLength: number,
        path: number,
        length: number,
        out: number,
      ) =>
        done(lowering, handle, out, (process, opened) => {
          const contents = lowering.path(target, targetLength);
          const name = lowering.path(path, length);
          if (typeof contents === "number") return contents;
          if (typeof name === "number") return name;
          return paths.symlinkAt(process, opened, contents, name);
        }),
  );

  method(
    "readlinkAt",
    (lowering) => (handle: number, path: number, length: number, out: number) => {
      const process = host.enter();
      const opened = self(lowering, handle);
      const at = lowering.at(out, TEXT_BYTES, 4);
      const name = lowering.path(path, length);
      const target = typeof name === "number" ? name : paths.readlinkAt(process, opened, name);
      if (typeof target === "number") return putCode(lowering, at, at + 4, target);
      lowering.putText(at + 4, target);
      lowering.memory.view.setUint8(at, 0);
    },
  );
}

function follows(pathFlags: number): boolean {
  return (pathFlags & SYMLINK_FOLLOW) !== 0;
}
