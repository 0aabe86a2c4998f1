/** wasi:keyvalue/store, in both drafts of 0.2.0. */
import { type Lowering, lowerMethod } from "../lowering.js";
import type { Host } from "../host.js";
import { makeDroppable, objectOf, resourceOf, WitError } from "../object-form.js";
import { Resource } from "../resource.js";
import { askStore, type StoreError } from "./store-wire.js";

/** `bucket`: a store that was opened. */
export class BucketResource extends Resource {
  readonly store: string;

  constructor(store: string) {
    super();
    this.store = store;
  }
}

/** Keys of one page, and the cursor to the next as the app's side has it. */
interface Page {
  readonly keys: readonly string[];
  readonly cursor?: string | undefined;
}

/** `result<key-response, error>` in bytes: case 0, then keys, and a cursor of 8 bytes or an address. */
const NUMBER_RESULT = { bytes: 32, align: 8, payload: 8, cursor: 16 } as const;
const TEXT_RESULT = { bytes: 24, align: 4, payload: 4, cursor: 12 } as const;
/** Bytes of a cursor that a guest gives back. */
const MAX_CURSOR = 4096;
const CURSOR_NUMBER = /^\d{1,20}$/;

export function storeInterface(host: Host) {
  class Bucket {
    get(key: string): Uint8Array | undefined {
      const process = host.enter();
      const { store } = bucketOf(this);
      const { head, body } = askStore(process, "get", keyed(store, key));
      if (head === "none") return undefined;
      process.usage.readBytes += body.length;
      return body;
    }

    set(key: string, value: Uint8Array): void {
      const process = host.enter();
      const { store } = bucketOf(this);
      askStore(process, "set", keyed(store, key), value);
      process.usage.writtenBytes += value.length;
    }

    delete(key: string): void {
      const process = host.enter();
      askStore(process, "delete", keyed(bucketOf(this).store, key));
    }

    exists(key: string): boolean {
      const process = host.enter();
      return askStore(process, "exists", keyed(bucketOf(this).store, key)).head === true;
    }

    /** With the cursor of the second draft, a text; the first draft's number takes the direct form below. */
    listKeys(cursor: string | undefined): { keys: string[]; cursor: string | undefined } {
      const { keys, cursor: next } = pageOf(bucketOf(this), cursor);
      return { keys: [...keys], cursor: next };
    }
  }

  function bucketOf(object: object): BucketResource {
    return resourceOf(host, BucketResource, object);
  }

  function pageOf({ store }: BucketResource, cursor: string | undefined): Page {
    const request: { store: string; cursor: string | undefined } = { store, cursor };
    return askStore(host.enter(), "list-keys", request).head as Page;
  }

  /**
   * The drafts differ in the type of cursors alone, and both are called by one name: a number makes four flat
   * parameters, a text five.
   */
  const directList =
    (lowering: Lowering) =>
    (self: number, has: number, cursor: bigint | number, ...rest: number[]): void => {
      host.enter();
      const bucket = lowering.resource(BucketResource, 0, self);
      const isNumber = typeof cursor === "bigint";
      const out = (isNumber ? rest[0] : rest[1]) ?? 0;
      const { bytes, align, payload } = isNumber ? NUMBER_RESULT : TEXT_RESULT;
      const at = lowering.at(out, bytes, align);
      let given: string | undefined;
      if (has !== 0) {
        given = isNumber
          ? String(BigInt.asUintN(64, cursor))
          : lowering.text(cursor, rest[0] ?? 0, MAX_CURSOR);
      }
      try {
        const page = pageOf(bucket, given);
        if (isNumber && page.cursor !== undefined && !CURSOR_NUMBER.test(page.cursor)) {
          throw new WitError<StoreError>({
            tag: "other",
            val: "the store's cursors are no numbers",
          });
        }
        putPage(lowering, at, page, isNumber);
      } catch (error) {
        if (!(error instanceof WitError)) throw error;
        putError(lowering, at, at + payload, error.payload as StoreError);
      }
    };

  lowerMethod(host, Bucket.prototype, "listKeys", [BucketResource], directList);
  makeDroppable(host, Bucket, BucketResource);
  return {
    Bucket,
    open(name: string): Bucket {
      const process = host.enter();
      askStore(process, "open", { store: name });
      return objectOf(host, Bucket, new BucketResource(name));
    },
  };
}

export function keyed(
  store: string,
  key: string,
): { readonly store: string; readonly key: string } {
  return { store, key };
}

function putPage(lowering: Lowering, at: number, { keys, cursor }: Page, isNumber: boolean): void {
  const { payload, cursor: cursorAt } = isNumber ? NUMBER_RESULT : TEXT_RESULT;
  const list = lowering.allocate(keys.length * 8, 4);
  for (const [index, key] of keys.entries()) lowering.putText(list + index * 8, key);
  const { view } = lowering.memory;
  view.setUint8(at, 0);
  view.setUint32(at + payload, list, true);
  view.setUint32(at + payload + 4, keys.length, true);
  view.setUint8(at + cursorAt, cursor === undefined ? 0 : 1);
  if (cursor === undefined) return;
  if (isNumber) view.setBigUint64(at + cursorAt + 8, BigInt(cursor), true);
  else lowering.putText(at + cursorAt + 4, cursor);
}

const TAGS = ["no-such-store", "access-denied", "other"];

/** A `result`'s error: case 1, then the variant `error`, whose text is 4 bytes on. */
function putError(lowering: Lowering, at: number, payload: number, error: StoreError): void {
  if (error.tag === "other") lowering.putText(payload + 4, error.val);
  const { view } = lowering.memory;
  view.setUint8(at, 1);
  view.setUint8(payload, TAGS.indexOf(error.tag));
}
