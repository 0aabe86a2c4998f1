import type { NewEntries } from "../layer/new-entry.js";
import type { Platform } from "../oci/descriptor.js";
import type { ImageRecord } from "./image-record.js";

/** What a new image says in place of what its base does; `undefined` keeps that. */
export interface ConfigChanges {
  readonly entrypoint?: readonly string[] | undefined;
  /** An entrypoint without a command leaves the base's command out, as a Dockerfile does. */
  readonly cmd?: readonly string[] | undefined;
  /** By name; the base's others stay. */
  readonly env?: ReadonlyMap<string, string> | undefined;
  readonly workingDir?: string | undefined;
  /** By name; the base's others stay. */
  readonly labels?: ReadonlyMap<string, string> | undefined;
}

/** An image that is to be made. All of it is checked. */
export interface ImagePlan {
  /** An image of the store whose layers and config it has below its own. */
  readonly base: ImageRecord | undefined;
  /** Its own layer; `undefined`: it has none. */
  readonly entries: NewEntries | undefined;
  readonly changes: ConfigChanges;
  /** `undefined`: the base's, or wasi/wasm. */
  readonly platform: Platform | undefined;
  /** Of the manifest. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly compression: "none" | "gzip";
  readonly createdAt: Date;
  readonly author: string | undefined;
  /** What the image's history says of the layer. */
  readonly createdBy: string;
  readonly comment: string | undefined;
  /** In full. */
  readonly reference: string | undefined;
}

/** An artifact that is to be made of one module. */
export interface ArtifactPlan {
  readonly module: {
    /** Absolute, as it will be called in the image. */
    readonly path: string;
    readonly content: () => AsyncIterable<Uint8Array>;
  };
  /** `undefined`: wasip1, or wasip2 for a component. */
  readonly platform: Platform | undefined;
  readonly annotations: ReadonlyMap<string, string>;
  readonly createdAt: Date;
  readonly author: string | undefined;
  readonly reference: string | undefined;
}
