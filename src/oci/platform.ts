import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Descriptor, Platform } from "./descriptor.js";
import type { ImageIndex } from "./manifest.js";
import { isIndexMediaType, isManifestMediaType } from "./media-types.js";

/**
 * The platforms under which Wasm images are published, best first: what Docker and containerd's shims
 * use, then the names of one WASI version, then those of crun's and WasmEdge's tutorials.
 */
export const WASM_PLATFORMS: readonly Platform[] = [
  { os: "wasi", architecture: "wasm" },
  { os: "wasip1", architecture: "wasm" },
  { os: "wasip2", architecture: "wasm" },
  { os: "wasi", architecture: "wasm32" },
  { os: "wasip1", architecture: "wasm32" },
  { os: "wasip2", architecture: "wasm32" },
  { os: "wasm32", architecture: "wasi" },
  { os: "linux", architecture: "wasm" },
];

/** Most platforms that an error lists. */
const MAX_LISTED = 32;
const PLATFORM_WORD = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Reads `os/architecture` or `os/architecture/variant`: `wasi/wasm`, `linux/arm64/v8`.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID`
 */
export function parsePlatform(text: string): Platform {
  const words = text.split("/");
  const [os, architecture, variant] = words;
  if (
    words.length > 3 ||
    os === undefined ||
    architecture === undefined ||
    !words.every((word) => PLATFORM_WORD.test(word))
  ) {
    throw new SafedockError("ERR_OPTIONS_INVALID", `"${printable(text)}" is not a platform`, {
      data: { problems: [`platform: "${printable(text)}" is not os/architecture`] },
      hint: "write it as os/architecture, such as wasi/wasm",
    });
  }
  return {
    os: os.toLowerCase(),
    architecture: architecture.toLowerCase(),
    ...(variant !== undefined ? { variant: variant.toLowerCase() } : {}),
  };
}

/** `os/architecture`, with `/variant` where there is one. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined ? "" : `/${platform.variant}`;
  return `${platform.os}/${platform.architecture}${variant}`;
}

/**
 * Chooses the entry of an index for a platform. The entry may be an index again: fetch it and choose
 * once more.
 *
 * - without `wanted`, or with `wasi/wasm`: the first of {@link WASM_PLATFORMS} that is there, else an
 *   entry of any platform whose annotations say that it holds Wasm (`run.oci.handler=wasm`,
 *   `module.wasm.image/variant=compat` or `compat-smart`), else one that names no platform
 * - with another `wanted`: that platform alone; its variant, when given, is preferred, not required
 * - `os.version`, and attestations (`unknown/unknown`), are skipped
 *
 * @throws SafedockError `ERR_PLATFORM_NOT_FOUND`, listing the platforms that are there
 */
export function selectPlatform(index: ImageIndex, wanted?: Platform | string): Descriptor {
  const platform = typeof wanted === "string" ? parsePlatform(wanted) : wanted;
  const entries = index.manifests.filter(isRunnable);
  const found =
    platform === undefined || isSamePlatform(platform, { os: "wasi", architecture: "wasm" })
      ? findWasm(entries)
      : findExact(entries, platform);
  if (found !== undefined) return found;
  const available = [
    ...new Set(
      entries.map(({ platform: p }) =>
        p === undefined ? "none" : printable(formatPlatform(p), 60),
      ),
    ),
  ].slice(0, MAX_LISTED);
  const name = platform === undefined ? "wasi/wasm" : formatPlatform(platform);
  throw new SafedockError(
    "ERR_PLATFORM_NOT_FOUND",
    `The image has no manifest for ${name}; it has ${available.join(", ") || "none at all"}`,
    {
      data: { wanted: name, available },
      ...(available[0] !== undefined
        ? { hint: `pass platform: "${available[0]}" if that one holds WebAssembly` }
        : {}),
    },
  );
}

function findWasm(entries: readonly Descriptor[]): Descriptor | undefined {
  for (const alias of WASM_PLATFORMS) {
    const found = findExact(entries, alias);
    if (found !== undefined) return found;
  }
  return entries.find(saysWasm) ?? entries.find((entry) => entry.platform === undefined);
}

function findExact(entries: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const same = entries.filter(
    ({ platform }) => platform !== undefined && isSamePlatform(platform, wanted),
  );
  return same.find(({ platform }) => platform?.variant === wanted.variant) ?? same[0];
}

function isSamePlatform(a: Platform, b: Platform): boolean {
  return (
    a.os.toLowerCase() === b.os.toLowerCase() &&
    a.architecture.toLowerCase() === b.architecture.toLowerCase()
  );
}

function saysWasm({ annotations }: Descriptor): boolean {
  const variant = annotations?.["module.wasm.image/variant"];
  return (
    variant === "compat" ||
    variant === "compat-smart" ||
    annotations?.["run.oci.handler"] === "wasm"
  );
}

function isRunnable({ mediaType, platform, annotations }: Descriptor): boolean {
  const isAttestation =
    annotations?.["vnd.docker.reference.type"] !== undefined ||
    (platform?.os === "unknown" && platform.architecture === "unknown");
  return !isAttestation && (isManifestMediaType(mediaType) || isIndexMediaType(mediaType));
}
