import { Resource } from "../resource.js";
import type { Waitable } from "./waitable.js";

/** `wasi:io/poll`'s resource: a guest's handle on something to wait for. */
export class PollableResource extends Resource {
  readonly on: Waitable;

  constructor(on: Waitable) {
    super();
    this.on = on;
  }
}
