import { OverlayDirectory } from "../fs/overlay/overlay-directory.js";
import { assembleImage } from "../image/assemble-image.js";
import type { ImagePlan } from "../image/image-plan.js";
import type { ImageRecord } from "../image/image-record.js";
import type { ImageStore } from "../image/image-store.js";
import type { OnPullProgress } from "../image/pull-progress.js";
import { changedEntries } from "./changed-entries.js";
import { checkNewReference } from "./check-build-options.js";
import { checkConfigOptions, checkText, checkTime, CONFIG_KEYS } from "./check-config-options.js";
import type { CommitOptions } from "./commit-options.js";
import type { OpenFiles } from "./container-host.js";
import { layerChanges } from "./layer-changes.js";
import { isRecord, Problems, show } from "./problems.js";
import { reading, readOptions } from "./read-options.js";

/** All of a commit but what the container is. */
export type CheckedCommit = Pick<
  ImagePlan,
  "changes" | "author" | "comment" | "createdAt" | "reference" | "compression"
>;

const KEYS = [
  ...CONFIG_KEYS,
  "reference",
  "author",
  "message",
  "createdAt",
  "compression",
  "whileRunning",
  "signal",
  "onProgress",
];

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems. */
export function checkCommitOptions(
  given: CommitOptions,
): { readonly checked: CheckedCommit } & Pick<CommitOptions, "signal" | "onProgress"> {
  const options = readOptions("commit options", given, KEYS);
  const checked = reading("commit options", "options", () => checkCommit(options));
  const { signal, onProgress } = options;
  return {
    checked,
    ...(signal === undefined ? undefined : { signal }),
    ...(onProgress === undefined ? undefined : { onProgress }),
  };
}

function checkCommit(options: CommitOptions): CheckedCommit {
  const problems = new Problems();
  if (!isRecord(options)) {
    problems.add(`must be an object, not ${show(options)}`);
    problems.throwIfAny("commit options");
  }
  problems.keys("", options, KEYS);
  const { compression = "none" } = options;
  if (compression !== "none" && compression !== "gzip") {
    problems.add(`compression: must be one of none, gzip, not ${show(compression)}`);
  }
  const checked = {
    changes: checkConfigOptions(options, problems),
    author: checkText("author", options.author, problems),
    comment: checkText("message", options.message, problems),
    createdAt: checkTime("createdAt", options.createdAt, new Date(), problems),
    reference: checkNewReference(options.reference, problems),
    compression,
  };
  problems.throwIfAny("commit options");
  return checked;
}

/** Makes an image of a container's image and its writable layer, and closes the files. */
export async function commitContainer(
  store: ImageStore,
  base: ImageRecord,
  files: OpenFiles,
  checked: CheckedCommit,
  options: { readonly signal?: AbortSignal | undefined; readonly onProgress: OnPullProgress },
): Promise<ImageRecord> {
  try {
    const directory = files.root?.directory;
    const root = directory instanceof OverlayDirectory ? directory : undefined;
    const isChanged = root !== undefined && hasChanges(root);
    const plan: ImagePlan = {
      ...checked,
      base,
      entries: isChanged ? changedEntries(root) : undefined,
      platform: undefined,
      annotations: new Map(),
      createdBy: "safedock container.commit",
    };
    const open = (record: ImageRecord) => store.openImage(record);
    return await assembleImage(await store.destination(), open, plan, options);
  } finally {
    files.close();
  }
}

function hasChanges(root: OverlayDirectory): boolean {
  for (const _ of layerChanges(root)) return true;
  return false;
}
