import { Resource } from "../resource.js";
import type { Opened } from "./opened.js";

/** `wasi:filesystem/types.descriptor`. */
export class DescriptorResource extends Resource {
  readonly opened: Opened;

  constructor(opened: Opened) {
    super();
    this.opened = opened;
  }

  override release(): void {
    this.opened.letGo();
  }
}
