import { createHash } from "node:crypto";
import { printable } from "../base/printable.js";
import type { LayerEntry } from "../layer/layer-entry.js";
import type { Descriptor, Platform } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { isImageConfigMediaType } from "../oci/media-types.js";
import { MAX_CONFIG_BYTES, type ImageExecution } from "../oci/image-config.js";
import { JsonNode } from "../oci/json-node.js";
import type { Manifest } from "../oci/manifest.js";
import type { BlobIntake, ReadyLayer } from "./blob-intake.js";
import type { ImageComponent, PlannedComponent } from "./image-component.js";
import { SPIN_APPLICATION, type ManifestShape } from "./image-format.js";
import { fileEntry, safeName } from "./module-layer.js";
import { readWorld } from "./read-world.js";
import { openModuleAt, type OpenImage } from "./resolve-entry.js";
import { invalid, parseSpinApp, type SpinComponent, type SpinContent } from "./spin-app.js";
import { SpinContents } from "./spin-contents.js";
import type { ImageParts } from "./stage-layers.js";

/** Layer of a record for what came inside of the lock file: no registry has it. */
const INLINE_LAYER = "application/vnd.safedock.spin.inline.v1";

/**
 * A Spin application. Its files in the image:
 *
 *     /<id>.wasm                  the module of each component
 *     /static/index.html          the files of the only component, as it sees them
 *     /components/<id>/static/…   the files of each of several components
 */
export async function stageSpin(
  intake: BlobIntake,
  { config, layers }: Manifest,
  { roles }: ManifestShape,
  signal: AbortSignal,
): Promise<ImageParts> {
  const application = layers.find(({ mediaType }) => mediaType === SPIN_APPLICATION) ?? config;
  const app = parseSpinApp(await intake.document(application, signal));
  const platform =
    application === config
      ? { os: "wasi", architecture: "wasm" }
      : await configPlatform(intake, config, signal);
  const ready: ReadyLayer[] = await intake.each(
    [...layers.entries()],
    signal,
    ([i, descriptor], inner) =>
      roles[i] === "archive"
        ? intake.looseTar(descriptor, inner)
        : intake.file(descriptor, inner, () => Promise.resolve([])),
  );
  const contents = await SpinContents.find(ready, roles, app, signal);
  const inline = contents.inline();
  if (inline !== undefined) ready.push(await intake.bytes(INLINE_LAYER, inline, signal));

  const entries = ready.map((): LayerEntry[] => []);
  const components: PlannedComponent[] = [];
  const names = new Set<string>();
  for (const [number, component] of app.entries()) {
    const planned = planComponent(component, number, app.length === 1, names);
    components.push(planned);
    const put = async (content: SpinContent, path: string, what: string): Promise<void> => {
      const { layer, ...file } = await contents.place(content, what, ready);
      entries[layer]?.push(fileEntry(path, file));
    };
    await put(
      component.source,
      planned.path,
      `component ${JSON.stringify(printable(component.id))}`,
    );
    for (const file of component.files) {
      const path = `${planned.files === "/" ? "" : (planned.files ?? "")}/${file.path}`;
      // A file that is the module itself, as when an application mounts its whole folder.
      if (path !== planned.path) await put(file, path, `file ${JSON.stringify(printable(path))}`);
    }
  }
  const staged = ready.map((layer, i) => ({ ...layer, entries: entries[i] ?? [] }));
  return {
    format: "spin",
    platform,
    config: components.length === 1 && components[0] !== undefined ? runOf(components[0]) : {},
    chainId: spinChainId(staged),
    ready: staged,
    components,
  };
}

/** Adds to the components of an application what their modules are. */
export async function describeComponents(
  image: OpenImage,
  components: readonly PlannedComponent[],
): Promise<readonly ImageComponent[]> {
  const described: ImageComponent[] = [];
  for (const component of components) {
    const { kind, ...module } = await openModuleAt(image, component.path);
    const world = await readWorld(module);
    const isHttp = component.triggers.some(({ type }) => type === "http");
    described.push({
      ...component,
      kind,
      // What calls it decides: Spin's triggers also take components of worlds of their own.
      ...(world === undefined ? {} : { world: isHttp ? { ...world, kind: "http" } : world }),
    });
  }
  return described;
}

function planComponent(
  { id, files, env, triggers }: SpinComponent,
  number: number,
  isOnly: boolean,
  names: Set<string>,
): PlannedComponent {
  // Ids that Spin itself accepts are all harmless, and differ in more than case.
  const safe = id.includes("/") ? undefined : safeName(id);
  const name = safe === undefined || names.has(safe) ? `component-${number + 1}` : safe;
  if (names.has(name)) throw invalid(`two components would both be called ${name}`);
  names.add(name);
  const folder = isOnly ? "/" : `/components/${name}`;
  const path = `/${name}.wasm`;
  return { id, path, ...(files.length > 0 ? { files: folder } : {}), env, triggers };
}

function runOf({ path, env }: PlannedComponent): ImageExecution {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return { Entrypoint: [path], ...(lines.length > 0 ? { Env: lines } : {}) };
}

async function configPlatform(
  intake: BlobIntake,
  config: Descriptor,
  signal: AbortSignal,
): Promise<Platform> {
  const bytes = await intake.document(config, signal);
  if (!isImageConfigMediaType(config.mediaType)) return { os: "wasi", architecture: "wasm" };
  // The rest of this config says nothing: Spin writes it so that registries take the manifest.
  const node = JsonNode.parse(bytes, MAX_CONFIG_BYTES, invalid).object();
  // Spin writes "Wasip1".
  const os = node.member("os")?.string().toLowerCase();
  return { os: os === "wasip1" || os === "wasip2" ? os : "wasi", architecture: "wasm" };
}

function spinChainId(ready: readonly ReadyLayer[]): Digest {
  const text = JSON.stringify(
    ready.map(({ layer, entries }) => [
      layer.diffId,
      entries.map(({ path, offset, size }) => [path, offset, size]),
    ]),
  );
  return `sha256:${createHash("sha256").update(`spin ${text}`).digest("hex")}`;
}
