import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import type { OutgoingBytes } from "./body-output.js";
import type { FieldList } from "./field-list.js";

/** A request or response that a guest makes: its fields, and its body until it is sent. */
export class OutgoingMessage extends Resource {
  readonly process: Process;
  readonly fields: FieldList;
  body: OutgoingBytes | undefined;

  constructor(process: Process, fields: FieldList) {
    super();
    this.process = process;
    this.fields = fields;
  }

  override release(): void {
    this.body?.abandon(this.process);
  }

  /** The body goes where the message goes. */
  sent(): OutgoingBytes | undefined {
    const { body } = this;
    this.body = undefined;
    return body;
  }
}
