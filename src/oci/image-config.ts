import { SafedockError } from "../base/errors.js";
import { readPlatform, type Platform } from "./descriptor.js";
import { isDigest, type Digest } from "./digest.js";
import { JsonNode } from "./json-node.js";
import { MAX_LAYERS } from "./manifest.js";

/** The config blob of an image (OCI image specification, "Image Configuration"; Docker's is the same). */
export interface ImageConfig extends Platform {
  readonly config: ImageExecution;
  readonly rootfs: {
    readonly type: "layers";
    /** Digests of the uncompressed layers, the lowest first. */
    readonly diff_ids: readonly Digest[];
  };
}

/** How the image wants to be run; absent fields are absent in the image. */
export interface ImageExecution {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  /** `NAME=value`, as written. */
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
}

/** Largest image config, in bytes: as much as a manifest may have. */
export const MAX_CONFIG_BYTES = 4 * 2 ** 20;
/** Most words of a command line and most environment entries: Linux's own limit is about as many. */
const MAX_WORDS = 4096;

/**
 * Reads an image config.
 *
 * @throws SafedockError `ERR_CONFIG_INVALID` (names the JSON path)
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const node = JsonNode.parse(bytes, MAX_CONFIG_BYTES, invalid).object();
  const rootfs = node.required("rootfs");
  const type = rootfs.required("type");
  if (type.string() !== "layers") type.fail('must be "layers"');
  const execution = node.member("config");
  return {
    ...readPlatform(node),
    config: execution === undefined ? {} : readExecution(execution),
    rootfs: { type: "layers", diff_ids: readDiffIds(rootfs.member("diff_ids")) },
  };
}

function readExecution(node: JsonNode): ImageExecution {
  const entrypoint = readWords(node.member("Entrypoint"));
  const command = readWords(node.member("Cmd"));
  const environment = readWords(node.member("Env"));
  const directory = readText(node.member("WorkingDir"));
  const labels = node.member("Labels")?.stringMap();
  const user = readText(node.member("User"));
  for (const [i, entry] of (environment ?? []).entries()) {
    if (entry.startsWith("=")) node.fail(`Env[${i}] must have a name before the "="`);
  }
  return {
    ...(entrypoint !== undefined ? { Entrypoint: entrypoint } : {}),
    ...(command !== undefined ? { Cmd: command } : {}),
    ...(environment !== undefined ? { Env: environment } : {}),
    ...(directory !== undefined ? { WorkingDir: directory } : {}),
    ...(labels !== undefined ? { Labels: labels } : {}),
    ...(user !== undefined ? { User: user } : {}),
  };
}

/** Scratch images of some builders have no layer and write null for the list. */
function readDiffIds(node: JsonNode | undefined): Digest[] {
  return (node?.list(MAX_LAYERS) ?? []).map((item) => {
    const digest = item.string();
    return isDigest(digest) ? digest : item.fail("must be a sha256 or sha512 digest");
  });
}

function readWords(node: JsonNode | undefined): string[] | undefined {
  return node?.list(MAX_WORDS).map((item) => withoutNul(item));
}

function readText(node: JsonNode | undefined): string | undefined {
  return node === undefined ? undefined : withoutNul(node);
}

/** A guest reads these as C strings: behind a NUL they would say something else than `inspect` shows. */
function withoutNul(node: JsonNode): string {
  const text = node.string();
  return text.includes("\0") ? node.fail("must not hold a NUL character") : text;
}

function invalid(problem: string): SafedockError {
  return new SafedockError("ERR_CONFIG_INVALID", `The image config is not valid: ${problem}`, {
    data: { problem },
  });
}
