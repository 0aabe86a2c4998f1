import { openNamespace } from "../fs/namespace.js";
import { forgetSnapshots } from "../fs/snapshot/open-snapshot.js";
import type { WritableBoard } from "../fs/writable-board.js";
import type { Mount } from "../mount.js";
import type { OpenFiles } from "./container-host.js";

/** Stands in for an image that the guest does not see, so that the mounts have a root to hang from. */
const EMPTY_ROOT: Mount = { type: "memory", target: "/", maxBytes: 0, maxFiles: 0 };

/** Opens a container's files in the app's thread. What is private to a process is empty here. */
export function openFiles(mounts: readonly Mount[], board: WritableBoard): OpenFiles {
  const seen = mounts.map(withoutPrivateLayer);
  const rooted = seen.some(({ target }) => target === "/") ? seen : [EMPTY_ROOT, ...seen];
  const namespace = openNamespace(rooted, { now: wallClock, board });
  const [root, ...others] = namespace.preopens;
  for (const { location } of others) location.close();
  return {
    root: root?.location,
    close() {
      root?.location.close();
      namespace.close();
    },
  };
}

/** Closes the images that this thread has open; a later look opens them again. */
export function closeImages(): void {
  forgetSnapshots();
}

function withoutPrivateLayer(mount: Mount): Mount {
  if (mount.type === "memory") return { ...mount, maxBytes: 0, maxFiles: 0 };
  if (mount.type !== "snapshot" || mount.writable?.type !== "memory") return mount;
  const { writable: _, ...readOnly } = mount;
  return readOnly;
}

function wallClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
