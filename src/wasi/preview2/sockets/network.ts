/** wasi:sockets/network and wasi:sockets/instance-network. */
import type { Network as NetworkForm } from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import type { Host } from "../host.js";
import { makeDroppable, objectOf } from "../object-form.js";
import { Resource } from "../resource.js";

/** A handle on the network, of which there is one. What may be done with it the grants say. */
class NetworkResource extends Resource {}

export interface NetworkInterfaces {
  readonly network: {
    readonly Network: { readonly prototype: NetworkForm };
    networkErrorCode(): undefined;
  };
  readonly instanceNetwork: { instanceNetwork(): NetworkForm };
}

export function networkInterfaces(host: Host): NetworkInterfaces {
  // oxlint-disable-next-line typescript/no-extraneous-class -- jco wants a class, and the WIT gives it no methods
  class Network {}
  makeDroppable(host, Network, NetworkResource);
  return {
    // Of no stream is more known than its text says: this function may always answer so.
    network: { Network, networkErrorCode: () => undefined },
    instanceNetwork: {
      instanceNetwork() {
        host.enter();
        return objectOf(host, Network, new NetworkResource());
      },
    },
  };
}
