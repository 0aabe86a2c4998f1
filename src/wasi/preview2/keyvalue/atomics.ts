/** wasi:keyvalue/atomics: `increment` of both drafts, and the second one's compare-and-swap. */
import type { SwapRequest } from "../../../base/key-value-messages.js";
import type { Host } from "../host.js";
import { makeDroppable, objectOf, resourceOf, WitError } from "../object-form.js";
import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import { BucketResource, keyed } from "./store.js";
import { askStore } from "./store-wire.js";

/** `cas`: a value as it was read, to be replaced if it is that still. */
class CasResource extends Resource {
  readonly store: string;
  readonly key: string;
  readonly present: Uint8Array | undefined;

  constructor(store: string, key: string, present: Uint8Array | undefined) {
    super();
    this.store = store;
    this.key = key;
    this.present = present;
  }
}

export function atomicsInterface(host: Host) {
  class Cas {
    static new(bucket: object, key: string): Cas {
      const process = host.enter();
      const { store } = resourceOf(host, BucketResource, bucket);
      return objectOf(host, Cas, read(process, store, key));
    }

    current(): Uint8Array | undefined {
      host.enter();
      return resourceOf(host, CasResource, this).present;
    }
  }

  function read(process: Process, store: string, key: string): CasResource {
    const { head, body } = askStore(process, "get", keyed(store, key));
    return new CasResource(store, key, head === "none" ? undefined : body);
  }

  makeDroppable(host, Cas, CasResource);
  return {
    Cas,
    /** The first draft's numbers have no sign; they are the same bits. */
    increment(bucket: object, key: string, delta: bigint): bigint {
      const process = host.enter();
      const { store } = resourceOf(host, BucketResource, bucket);
      const request = { store, key, delta: BigInt.asIntN(64, delta) };
      const sum = askStore(process, "increment", request).head as bigint;
      return delta > MAX_SIGNED ? BigInt.asUintN(64, sum) : sum;
    },
    /** Takes the handle; one that has failed is told with a new one. */
    swap(cas: object, value: Uint8Array): void {
      const process = host.enter();
      const { rep, store, key, present } = resourceOf(host, CasResource, cas);
      process.resources.drop(rep);
      const body = new Uint8Array((present?.length ?? 0) + value.length);
      body.set(present ?? []);
      body.set(value, present?.length ?? 0);
      const request: SwapRequest = { store, key, expected: present?.length ?? -1 };
      let swapped: boolean;
      try {
        swapped = askStore(process, "swap", request, body).head === true;
      } catch (error) {
        if (!(error instanceof WitError)) throw error;
        throw new WitError({ tag: "store-error", val: error.payload });
      }
      process.usage.writtenBytes += value.length;
      if (swapped) return;
      throw new WitError({
        tag: "cas-failed",
        val: objectOf(host, Cas, read(process, store, key)),
      });
    },
  };
}

const MAX_SIGNED = 2n ** 63n - 1n;
