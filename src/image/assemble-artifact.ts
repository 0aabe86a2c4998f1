import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { SafedockError } from "../base/errors.js";
import { untilClosed } from "../base/until-closed.js";
import { wasmKind } from "../layer/wasm-kind.js";
import { describeBytes } from "./describe-bytes.js";
import type { Descriptor, Platform } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import type { ArtifactPlan } from "./image-plan.js";
import { WASM_CONFIG, WASM_MEDIA_TYPE } from "./image-format.js";
import type { ImageRecord } from "./image-record.js";
import { readHead, TITLE } from "./module-layer.js";
import { readWorld } from "./read-world.js";
import { timestamp } from "./new-config.js";
import { newManifest } from "./new-manifest.js";
import type { ImageDestination } from "./pull-image.js";
import { putNewImage } from "./put-new-image.js";
import type { StageImageOptions } from "./stage-image.js";

/**
 * Makes a Wasm OCI artifact of one module (CNCF TAG Runtime, "Wasm OCI Artifact layout") and puts it into
 * the store: all of it or nothing.
 *
 * @throws SafedockError `ERR_MODULE_INVALID` if it is no module, and what `storeImage` throws
 */
export async function assembleArtifact(
  stores: ImageDestination,
  plan: ArtifactPlan,
  options: StageImageOptions,
): Promise<ImageRecord> {
  const { content } = stores;
  const file = content.temporary.newPath();
  try {
    const digest = await spool(plan, file, options.signal);
    const { size } = await stat(file);
    const bytes = await configOf(plan, { file, digest, size });
    const title = plan.module.path.slice(plan.module.path.lastIndexOf("/") + 1);
    const layer: Descriptor = {
      mediaType: WASM_MEDIA_TYPE,
      digest,
      size,
      annotations: { [TITLE]: title },
    };
    const config = { mediaType: WASM_CONFIG, bytes };
    const made = newManifest(content, config, [layer], plan.annotations, [{ digest, path: file }]);
    // The bytes were looked at already.
    return await putNewImage(stores, made, plan.reference, () => undefined, options);
  } finally {
    await rm(file, { force: true });
  }
}

async function spool(
  { module }: ArtifactPlan,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of module.content()) {
      hash.update(chunk);
      yield chunk;
    }
  };
  signal?.throwIfAborted();
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(hashed(), file, signal === undefined ? {} : { signal });
  } catch (error) {
    await untilClosed(file);
    signal?.throwIfAborted();
    throw error;
  }
  return `sha256:${hash.digest("hex")}`;
}

/** The config says of a component what it wants and offers; of a core module nothing. */
async function configOf(
  { module, platform, author, createdAt }: ArtifactPlan,
  { file, digest, size }: { readonly file: string; readonly digest: Digest; readonly size: number },
): Promise<Uint8Array> {
  const head = await readHead(file, 0, size);
  const kind = wasmKind(head);
  const world = kind === undefined ? undefined : await readWorld({ file, offset: 0, length: size });
  if (kind === undefined || world === undefined) {
    const problem = kind === undefined ? `it is ${describeBytes(head)}` : "it is damaged";
    throw new SafedockError("ERR_MODULE_INVALID", `${module.path} is no module: ${problem}`, {
      data: { module: module.path, problem },
    });
  }
  const isComponent = kind === "component";
  const { os, architecture }: Platform = platform ?? {
    os: isComponent ? "wasip2" : "wasip1",
    architecture: "wasm",
  };
  const component = { exports: world.exports, imports: world.imports };
  const content = {
    created: timestamp(createdAt),
    ...(author === undefined ? {} : { author }),
    architecture,
    os,
    layerDigests: [digest],
    ...(isComponent ? { component } : {}),
  };
  return Buffer.from(JSON.stringify(content));
}
