/** Dialect D: Spin applications as `spin registry push` writes them, now and before Spin 2. */
import { gzipSync } from "node:zlib";
import type { ImageFixture } from "safedock/testing";
import { OCI_CONFIG } from "../../src/oci/media-types.js";
import { makeTar, sha256 } from "../layer/tar-fixture.js";
import { FixtureBlobs } from "./fixture-blobs.js";

const APPLICATION = "application/vnd.fermyon.spin.application.v1+config";
const WASM = "application/vnd.wasm.content.layer.v1+wasm";
const DATA = "application/vnd.wasm.content.layer.v1+data";
const ARCHIVE = "application/vnd.wasm.content.bundle.v1.tar+gzip";
/** Content of at most as many bytes goes into the lock file. */
const INLINE_BYTES = 128;

export interface SpinAppComponent {
  readonly id: string;
  readonly module: Uint8Array;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Default `{ type: "http", route: "/..." }`; none for null. */
  readonly trigger?: { readonly type: string; readonly config?: object } | null;
}

export interface SpinApp {
  readonly components: readonly SpinAppComponent[];
  /** Where the lock file is: a layer since Spin 2, the manifest's config before. */
  readonly lockFile?: "layer" | "config";
  /** The files of a component as one layer. */
  readonly archive?: boolean;
  /** Members of the lock file that a test sets itself. */
  readonly lock?: object;
  /** Members of the first component that a test sets itself. */
  readonly first?: object;
}

export function spinApp(app: SpinApp): ImageFixture {
  const blobs = new FixtureBlobs();
  const layers = new Map<string, ReturnType<FixtureBlobs["add"]>>();
  const content = (bytes: Uint8Array) => ({
    ...(bytes.length <= INLINE_BYTES ? { inline: Buffer.from(bytes).toString("base64") } : {}),
    digest: sha256(bytes),
  });
  const push = (mediaType: string, bytes: Uint8Array) => {
    const layer = blobs.add(mediaType, bytes);
    layers.set(layer.digest, layer);
  };
  const components = app.components.map(({ id, module, files = {}, env }, i) => {
    push(WASM, module);
    const named = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
    if (app.archive === true && named.length > 0) {
      push(ARCHIVE, gzipSync(makeTar(named.map(([name, data]) => ({ name: `./${name}`, data })))));
    } else {
      for (const [, bytes] of named) if (bytes.length > INLINE_BYTES) push(DATA, bytes);
    }
    return {
      id,
      source: { content_type: "application/wasm", ...content(module) },
      ...(env === undefined ? {} : { env }),
      ...(named.length === 0
        ? {}
        : { files: named.map(([path, bytes]) => ({ ...content(bytes), path })) }),
      ...(i === 0 ? app.first : {}),
    };
  });
  const triggers = app.components.flatMap(({ id, trigger }, i) => {
    if (trigger === null) return [];
    const { type, config = { route: "/..." } } = trigger ?? { type: "http" };
    const trigger_config = { component: id, ...config };
    return [{ id: `trigger-${i}`, trigger_type: type, trigger_config }];
  });
  const lock = {
    spin_lock_version: 0,
    metadata: { name: "app" },
    triggers,
    components,
    ...app.lock,
  };
  if (app.lockFile === "config") {
    return blobs.image(blobs.add(APPLICATION, lock), [...layers.values()]);
  }
  const config = blobs.add(OCI_CONFIG, {
    architecture: "wasm",
    os: "Wasip1",
    config: { Labels: { "com.fermyon.spin.lockedAppDigest": "x" } },
    rootfs: { type: "layers", diff_ids: [] },
  });
  return blobs.image(config, [...layers.values(), blobs.add(APPLICATION, lock)]);
}
