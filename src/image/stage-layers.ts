import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { Descriptor, Platform } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { parseImageConfig, type ImageConfig, type ImageExecution } from "../oci/image-config.js";
import type { Manifest } from "../oci/manifest.js";
import { chainIdOf } from "../snapshot/chain-id.js";
import type { BlobIntake, ReadyLayer } from "./blob-intake.js";
import { both } from "../base/concurrently.js";
import { formatOfPlatform, type LayerRole, type ManifestShape } from "./image-format.js";
import type { PlannedComponent } from "./image-component.js";
import type { ImageRecord } from "./image-record.js";
import { fileEntry, modulePaths, readHead } from "./module-layer.js";
import { artifactPlatform } from "./wasm-config.js";

/** What a manifest's blobs make of an image. */
export interface ImageParts extends Pick<ImageRecord, "format" | "platform" | "config"> {
  readonly chainId: Digest;
  /** The lowest first. */
  readonly ready: readonly ReadyLayer[];
  /** Of a Spin application. */
  readonly components?: readonly PlannedComponent[];
}

/** An image with the config of one: tars, modules, or both. */
export async function stageImageLayers(
  intake: BlobIntake,
  { config, layers }: Manifest,
  { roles, format }: ManifestShape,
  signal: AbortSignal,
): Promise<ImageParts> {
  const parsed = parseImageConfig(await intake.document(config, signal));
  const diffIds = diffIdsOf(parsed, layers, roles);
  const modules = layers.filter((_, i) => roles[i] === "module");
  const [program = ""] = parsed.config.Entrypoint ?? [];
  const [word, ...functions] = program.split("#");
  const paths = pathsOf(layers, roles, modulePaths(modules, word));
  const ready = await stageEach(intake, layers, paths, diffIds, signal);
  const platform = platformOf(parsed);
  if (modules.length === 0) {
    const chainId = chainIdOf(parsed.rootfs.diff_ids);
    return { chainId, ready, platform, config: parsed.config, format: formatOfPlatform(parsed) };
  }
  const named = [...paths.values()].find((path) => path === `/${baseOf(word ?? "")}`);
  const only = modules.length === layers.length && modules.length === 1;
  const path = named ?? (only ? [...paths.values()][0] : undefined);
  const entry = path === undefined ? undefined : [path, ...functions].join("#");
  return {
    chainId: mixedChainId(ready, paths),
    ready,
    platform,
    config: withEntrypoint(parsed.config, entry),
    format: format ?? "module-layers",
  };
}

/** An artifact: one module, or a plugin's tars. */
export async function stageArtifactLayers(
  intake: BlobIntake,
  manifest: Manifest,
  { roles, format }: ManifestShape,
  signal: AbortSignal,
): Promise<ImageParts> {
  const { config, layers } = manifest;
  const modules = layers.filter((_, i) => roles[i] === "module");
  const paths = pathsOf(layers, roles, modulePaths(modules, undefined));
  const [platform, ready] = await both(
    signal,
    async (inner) => artifactPlatform(manifest, await intake.document(config, inner)),
    (inner) => stageEach(intake, layers, paths, new Map(), inner, roles),
  );
  const [path] = paths.values();
  return {
    chainId: mixedChainId(ready, paths),
    ready,
    platform,
    config: path === undefined ? {} : { Entrypoint: [path] },
    format: format ?? "wasm-artifact",
  };
}

type Paths = ReadonlyMap<number, string>;

function stageEach(
  intake: BlobIntake,
  layers: readonly Descriptor[],
  paths: Paths,
  diffIds: ReadonlyMap<number, Digest>,
  signal: AbortSignal,
  roles: readonly LayerRole[] = [],
): Promise<ReadyLayer[]> {
  return intake.each([...layers.entries()], signal, ([i, descriptor], inner) => {
    const diffId = diffIds.get(i);
    if (diffId !== undefined) return intake.tar(descriptor, diffId, inner);
    if (roles[i] === "tar") return intake.looseTar(descriptor, inner);
    return intake.file(descriptor, inner, async (file, size) => {
      const path = paths.get(i);
      if (path === undefined) return [];
      return [fileEntry(path, { size, head: await readHead(file, 0, size) })];
    });
  });
}

/** The paths of the layers that are modules, by their number. */
function pathsOf(
  layers: readonly Descriptor[],
  roles: readonly LayerRole[],
  names: readonly string[],
): Paths {
  const paths = new Map<number, string>();
  let next = 0;
  for (const i of layers.keys()) {
    const path = roles[i] === "module" ? names[next++] : undefined;
    if (path !== undefined) paths.set(i, path);
  }
  return paths;
}

/**
 * The DiffIDs of the layers that are tars, by their number. A config may list one for each layer, or for
 * the tars alone.
 */
function diffIdsOf(
  { rootfs: { diff_ids } }: ImageConfig,
  layers: readonly Descriptor[],
  roles: readonly LayerRole[],
): ReadonlyMap<number, Digest> {
  const tars = [...layers.keys()].filter((i) => roles[i] === "tar");
  const listsAll = diff_ids.length === layers.length;
  const isOfModules = tars.length === 0 && layers.length > 0;
  if (!isOfModules && !listsAll && diff_ids.length !== tars.length) {
    const problem = `$.rootfs.diff_ids: has ${diff_ids.length} items for ${layers.length} layers`;
    throw new SafedockError("ERR_CONFIG_INVALID", `The image config is not valid: ${problem}`, {
      data: { problem },
    });
  }
  const found = new Map<number, Digest>();
  for (const [place, i] of tars.entries()) {
    const diffId = diff_ids[listsAll ? i : place];
    if (diffId !== undefined) found.set(i, diffId);
  }
  return found;
}

/** The entry takes the place of the first word; a word that is empty names nothing. */
function withEntrypoint(config: ImageExecution, entry: string | undefined): ImageExecution {
  const { Entrypoint = [], ...others } = config;
  const [first, ...words] = Entrypoint;
  if (entry !== undefined) return { ...others, Entrypoint: [entry, ...words] };
  return first === undefined || first === "" ? others : config;
}

function baseOf(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

export function platformOf({ os, architecture, variant }: Platform): Platform {
  return { os, architecture, ...(variant !== undefined ? { variant } : {}) };
}

/** Such trees depend on the modules' paths too, so their names must not be those of tars alone. */
function mixedChainId(ready: readonly ReadyLayer[], paths: Paths): Digest {
  const text = JSON.stringify(ready.map(({ layer }, i) => [layer.diffId, paths.get(i) ?? null]));
  return `sha256:${createHash("sha256").update(`modules ${text}`).digest("hex")}`;
}
