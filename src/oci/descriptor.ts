import { isDigest, type Digest } from "./digest.js";
import type { JsonNode } from "./json-node.js";

/** Points at a blob and says what it must be (OCI image specification, "Content Descriptors"). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Kept as data; Safedock never fetches from them. */
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly artifactType?: string;
}

/** What a manifest runs on (OCI image specification, "Image Index: platform"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly "os.version"?: string;
}

/** Longest media type, in characters: RFC 6838 section 4.2 allows 127 on each side of the slash. */
const MAX_MEDIA_TYPE = 255;
/** Longest word of a platform, in characters: far above any GOOS or GOARCH. */
const MAX_PLATFORM_WORD = 128;
/** Most `urls` kept. */
const MAX_URLS = 64;

/** RFC 6838 section 4.2, as the specification's own pattern has it. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/;

/** Reads a descriptor; what is wrong is said with its JSON path. */
export function readDescriptor(node: JsonNode): Descriptor {
  const digestNode = node.required("digest");
  const digest = digestNode.string();
  if (!isDigest(digest)) return digestNode.fail("must be a sha256 or sha512 digest");
  const urls = node.member("urls")?.strings(MAX_URLS);
  const annotations = node.member("annotations")?.stringMap();
  const platform = node.member("platform");
  const artifactType = node.member("artifactType");
  return {
    mediaType: readMediaType(node.required("mediaType")),
    digest,
    size: node.required("size").size(),
    ...(urls !== undefined ? { urls } : {}),
    ...(annotations !== undefined ? { annotations } : {}),
    ...(platform !== undefined ? { platform: readPlatform(platform) } : {}),
    ...(artifactType !== undefined ? { artifactType: readMediaType(artifactType) } : {}),
  };
}

export function readMediaType(node: JsonNode): string {
  const mediaType = node.string(MAX_MEDIA_TYPE);
  return MEDIA_TYPE.test(mediaType) ? mediaType : node.fail("must be a media type");
}

/** Reads `os`, `architecture`, `variant` and `os.version` of a platform or an image config. */
export function readPlatform(node: JsonNode): Platform {
  const word = (name: "variant" | "os.version"): string | undefined => {
    const text = node.member(name)?.string(MAX_PLATFORM_WORD);
    return text === "" ? undefined : text;
  };
  const variant = word("variant");
  const version = word("os.version");
  return {
    os: node.required("os").string(MAX_PLATFORM_WORD),
    architecture: node.required("architecture").string(MAX_PLATFORM_WORD),
    ...(variant !== undefined ? { variant } : {}),
    ...(version !== undefined ? { "os.version": version } : {}),
  };
}
