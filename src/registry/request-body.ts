import { Readable } from "node:stream";

/** Bytes, or a function that opens them. */
export type Body = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** Tells an error of the one who gives the bytes from one of the network. */
export class RequestBody {
  readonly content: Uint8Array | Readable | null;
  private failure: { readonly error: unknown } | undefined;

  constructor(body: Body | undefined) {
    this.content =
      typeof body === "function"
        ? Readable.from(this.watch(body()), { objectMode: false })
        : (body ?? null);
  }

  rethrow(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }

  private async *watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
