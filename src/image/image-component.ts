import type { WasmKind } from "../layer/wasm-kind.js";
import type { ImageWorld } from "./image-world.js";

/** What calls a component of a Spin application. */
export interface ComponentTrigger {
  readonly type: "http" | "command";
  /** Of an HTTP trigger: `/hello/...`; absent for a component that only others of the application call. */
  readonly route?: string;
}

/** A component of a Spin application as its lock file has it. */
export interface PlannedComponent {
  readonly id: string;
  /** Of its module: absolute in the image. */
  readonly path: string;
  /** Folder of the image that the component sees as its root; absent if it has no files. */
  readonly files?: string;
  /** Its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly triggers: readonly ComponentTrigger[];
}

/** A component of an image: of Spin applications alone. */
export interface ImageComponent extends PlannedComponent {
  /** What its module is, by its first bytes. */
  readonly kind: WasmKind;
  /** Absent if the bytes are no module. */
  readonly world?: ImageWorld;
}
