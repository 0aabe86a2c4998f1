/** wasi:sockets/ip-name-lookup. */
import type {
  IpAddress,
  Network,
  Pollable,
  ResolveAddressStream as StreamForm,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-ip-name-lookup";
import { normalName } from "../../../base/domain-name.js";
import type { Host } from "../host.js";
import type { PollInterface } from "../io/poll.js";
import { READY, type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import { makeDroppable, type ObjectClass, objectOf, resourceOf } from "../object-form.js";
import { Resource } from "../resource.js";
import { ipAddressOf } from "./address.js";
import { headOf, refuse } from "./refuse.js";
import type { SocketWire } from "./socket-wire.js";
import type { SocketWires } from "./socket-wires.js";

/** An address of version 6 as URLs have it. */
const BRACKETS = /^\[(?<address>[^\]]*:[^\]]*)\]$/;
/** The scope of an address has no place in the answer. */
const ZONE = "%";

/** The addresses of one name, as they are asked for. */
abstract class Addresses extends Resource {
  abstract readonly waitable: Waitable;
  abstract next(): IpAddress | undefined;
}

/** An address in place of a name is its own answer. */
class OneAddress extends Addresses {
  readonly waitable = READY;
  #address: IpAddress | undefined;

  constructor(address: IpAddress) {
    super();
    this.#address = address;
  }

  next(): IpAddress | undefined {
    const address = this.#address;
    this.#address = undefined;
    return address;
  }
}

class FoundAddresses extends Addresses {
  readonly waitable: Waitable;
  readonly #wire: SocketWire;
  #request: number | undefined;
  #found: string[] = [];

  constructor(wire: SocketWire, name: string) {
    super();
    this.#wire = wire;
    this.#request = wire.send("lookup", { name });
    this.waitable = {
      waits: WAITS_FOR_HOST,
      ready: () => this.#request === undefined || wire.has(this.#request),
    };
  }

  next(): IpAddress | undefined {
    if (this.#request !== undefined) {
      const answer = this.#wire.take(this.#request);
      if (answer === undefined) return refuse("would-block");
      this.#request = undefined;
      this.#found = headOf(answer) as string[];
    }
    const address = this.#found.shift();
    return address === undefined ? undefined : ipAddressOf(address);
  }

  override release(): void {
    this.#wire.forget(this.#request);
    this.#request = undefined;
  }
}

export interface NameLookupInterface {
  readonly ResolveAddressStream: ObjectClass<StreamForm>;
  resolveAddresses(network: Network, name: string): StreamForm;
}

export function nameLookupInterface(
  host: Host,
  poll: PollInterface,
  wires: SocketWires,
): NameLookupInterface {
  class ResolveAddressStream {
    resolveNextAddress(): IpAddress | undefined {
      host.enter();
      return resourceOf(host, Addresses, this).next();
    }

    subscribe(): Pollable {
      host.enter();
      return poll.pollable(resourceOf(host, Addresses, this).waitable);
    }
  }

  makeDroppable(host, ResolveAddressStream, Addresses);
  return {
    ResolveAddressStream: ResolveAddressStream,
    resolveAddresses(_network, name) {
      const process = host.enter();
      const addresses = lookUp(wires.of(process), name);
      return objectOf(host, ResolveAddressStream, addresses);
    },
  };
}

function lookUp(wire: SocketWire, given: string): Addresses {
  if (given.includes(ZONE)) refuse("invalid-argument");
  const address = ipAddressOf(BRACKETS.exec(given)?.groups?.address ?? given);
  if (address !== undefined) return new OneAddress(address);
  const name = normalName(given) ?? refuse("invalid-argument");
  wire.checkGrant("resolve-addresses", name);
  return new FoundAddresses(wire, name);
}
