/** wasi:keyvalue/batch. */
import type { Host } from "../host.js";
import { resourceOf } from "../object-form.js";
import { BucketResource } from "./store.js";
import { askStore } from "./store-wire.js";

export function batchInterface(host: Host) {
  function storeOf(bucket: object): string {
    return resourceOf(host, BucketResource, bucket).store;
  }

  return {
    getMany(bucket: object, keys: string[]): ([string, Uint8Array] | undefined)[] {
      const process = host.enter();
      const request: { store: string; keys: string[] } = { store: storeOf(bucket), keys };
      const { head, body } = askStore(process, "get-many", request);
      process.usage.readBytes += body.length;
      let at = 0;
      return (head as number[]).map((size, index) => {
        if (size < 0) return undefined;
        const value = body.subarray(at, at + size);
        at += size;
        return [keys[index] ?? "", value];
      });
    },

    setMany(bucket: object, entries: [string, Uint8Array][]): void {
      const process = host.enter();
      const body = new Uint8Array(entries.reduce((sum, [, { length }]) => sum + length, 0));
      let at = 0;
      for (const [, value] of entries) {
        body.set(value, at);
        at += value.length;
      }
      const sizes = entries.map(([key, { length }]) => [key, length]);
      const request: { store: string; entries: unknown } = {
        store: storeOf(bucket),
        entries: sizes,
      };
      askStore(process, "set-many", request, body);
      process.usage.writtenBytes += body.length;
    },

    deleteMany(bucket: object, keys: string[]): void {
      const process = host.enter();
      const request: { store: string; keys: string[] } = { store: storeOf(bucket), keys };
      askStore(process, "delete-many", request);
    },
  };
}
