import { SafedockError } from "../base/errors.js";
import { Tree } from "../tree/tree.js";
import { readFile } from "node:fs/promises";
import {
  BlobIntake,
  indexedLayer,
  type ImageStores,
  type StageImageOptions,
} from "./blob-intake.js";
import { both } from "../base/concurrently.js";
import { describeProgram } from "./describe-program.js";
import type { FoundManifest } from "./find-manifest.js";
import { GRANTS_ANNOTATION, MAX_GRANTS_TEXT } from "./grants-annotation.js";
import { shapeOfManifest } from "./image-format.js";
import { checkDownload, limitsOf } from "./image-limits.js";
import type { ImageRecord } from "./image-record.js";
import type { ImageSource } from "./image-source.js";
import { withFiles } from "./moving-files.js";
import type { OpenImage } from "./resolve-entry.js";
import { stageArtifactLayers, stageImageLayers, type ImageParts } from "./stage-layers.js";
import { describeComponents, stageSpin } from "./stage-spin.js";
import type { Staging } from "./staging.js";

export type { ImageStores, StageImageOptions } from "./blob-intake.js";

/**
 * Brings in all that a manifest names, and flattens it: everything is in `staging` then, nothing in the
 * store.
 *
 * @throws SafedockError what the stores throw; `ERR_CONFIG_INVALID`, `ERR_MANIFEST_UNSUPPORTED`,
 * `ERR_IMAGE_NO_WASM`, `ERR_OPTIONS_INVALID` for a limit that is none
 */
export async function stageImage(
  stores: ImageStores,
  staging: Staging,
  source: ImageSource,
  found: FoundManifest,
  name: string,
  options: StageImageOptions,
): Promise<ImageRecord> {
  const { manifest, descriptor } = found;
  const limits = limitsOf(options);
  const shape = shapeOfManifest(manifest);
  checkDownload(descriptor.digest, manifest.layers, limits);
  const intake = new BlobIntake(stores, staging, source, options);
  const stage = {
    image: stageImageLayers,
    artifact: stageArtifactLayers,
    spin: stageSpin,
  }[shape.kind];
  const [, parts] = await both(
    options.signal,
    (signal) => intake.manifest(found, signal),
    (signal) => stage(intake, manifest, shape, signal),
  );
  return flatten(stores, staging, found, parts, name);
}

async function describe(
  image: OpenImage,
  planned: ImageParts["components"],
): Promise<Pick<ImageRecord, "program" | "components">> {
  const program = await describeProgram(image);
  if (planned === undefined) return { program };
  const components = await describeComponents(image, planned);
  const [only, ...others] = components;
  const world = others.length === 0 ? only?.world : undefined;
  return { program: world === undefined ? program : { ...program, world }, components };
}

async function flatten(
  { snapshots }: ImageStores,
  staging: Staging,
  found: FoundManifest,
  parts: ImageParts,
  name: string,
): Promise<ImageRecord> {
  const { chainId, ready, config, platform, format, components } = parts;
  const snapshot = staging.add(await snapshots.stage(chainId, ready.map(indexedLayer)));
  if (snapshot.modules.length === 0) {
    throw new SafedockError("ERR_IMAGE_NO_WASM", `${name} has no WebAssembly file`, {
      data: { reference: name },
      hint: "its files begin with other bytes than those of a module or component",
    });
  }
  const record: ImageRecord = {
    digest: found.descriptor.digest,
    format,
    platform: found.platform ?? platform,
    config,
    layers: ready.map((item) => item.layer),
    chainId,
    modules: snapshot.modules,
    ...requestedGrants(found),
    createdAt: new Date().toISOString(),
  };
  const { treePath } = snapshot;
  const tree = new Tree(await readFile(treePath), treePath);
  return withFiles(
    () => ready.map(({ hostPath }) => hostPath()),
    async (blobs) => ({ ...record, ...(await describe({ record, tree, blobs }, components)) }),
  );
}

/** As it is written; of one that is too long just enough to tell so. */
function requestedGrants({ manifest }: FoundManifest): Pick<ImageRecord, "requestedGrants"> {
  const text = manifest.annotations?.[GRANTS_ANNOTATION];
  return text === undefined ? {} : { requestedGrants: text.slice(0, MAX_GRANTS_TEXT + 1) };
}
