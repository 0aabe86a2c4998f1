import type { Process } from "../process.js";
import { SocketWire } from "./socket-wire.js";

/** Each process's wire, made when it has its first socket. */
export class SocketWires {
  readonly #wires = new WeakMap<Process, SocketWire>();

  of(process: Process): SocketWire {
    let wire = this.#wires.get(process);
    if (wire === undefined) {
      wire = new SocketWire(process);
      this.#wires.set(process, wire);
    }
    return wire;
  }
}
