/**
 * What a guest and the app say to each other about stores: the requests of service `keyvalue`. Refusals are
 * `no-such-store`, `access-denied`, and `other` with a text.
 *
 * | op            | head                     | body                       | answered                    |
 * | ------------- | ------------------------ | -------------------------- | --------------------------- |
 * | `open`        | {@link StoreRequest}     |                            | nothing                     |
 * | `get`         | {@link KeyRequest}       |                            | a body, or head `"none"`    |
 * | `set`         | {@link KeyRequest}       | the value                  | nothing                     |
 * | `delete`      | {@link KeyRequest}       |                            | nothing                     |
 * | `exists`      | {@link KeyRequest}       |                            | a boolean                   |
 * | `list-keys`   | {@link ListRequest}      |                            | `KeyPage`                   |
 * | `increment`   | {@link IncrementRequest} |                            | a bigint                    |
 * | `swap`        | {@link SwapRequest}      | what is expected, the new  | a boolean                   |
 * | `get-many`    | {@link KeysRequest}      |                            | sizes (-1: none), and bytes |
 * | `set-many`    | {@link EntriesRequest}   | all values                 | nothing                     |
 * | `delete-many` | {@link KeysRequest}      |                            | nothing                     |
 */
export const KEY_VALUE_SERVICE = "keyvalue";

export interface StoreRequest {
  readonly store: string;
}

export interface KeyRequest extends StoreRequest {
  readonly key: string;
}

export interface KeysRequest extends StoreRequest {
  readonly keys: readonly string[];
}

export interface ListRequest extends StoreRequest {
  readonly cursor: string | undefined;
}

export interface IncrementRequest extends KeyRequest {
  readonly delta: bigint;
}

export interface SwapRequest extends KeyRequest {
  /** Bytes of the body that are what is expected; -1: nothing is. */
  readonly expected: number;
}

export interface EntriesRequest extends StoreRequest {
  /** Of each value in the body. */
  readonly entries: readonly (readonly [key: string, size: number])[];
}
