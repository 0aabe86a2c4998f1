import { untilAborted } from "../base/until-aborted.js";
/** One caller's hold on a shared result. */
export interface Hold<T> {
  readonly value: T;
  /** Gives the hold back; the last one to do so disposes of the value. A second call does nothing. */
  release(): Promise<void>;
}

export interface FlightContext {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Tells everybody who waits how far the work is. */
  readonly report: (done: number) => void;
}

export interface AcquireOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  readonly listeners: Set<(done: number) => void>;
  holders: number;
}

/**
 * One flight per key: whoever asks for a key while its work is under way, or its result is still held,
 * shares it.
 *
 * - An abort ends one caller's wait. The work itself is aborted when the last one has left.
 * - A failure goes to all who wait; whoever asks later starts anew.
 * - When `acquire` has thrown and nobody else waits, the work has cleaned up after itself.
 */
export class SharedFlights<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** @param dispose - what becomes of a value that nobody holds any more. */
  constructor(private readonly dispose: (value: T) => Promise<void>) {}

  async acquire(
    key: string,
    start: (context: FlightContext) => Promise<T>,
    { signal, onProgress }: AcquireOptions = {},
  ): Promise<Hold<T>> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, start);
    flight.holders++;
    if (onProgress !== undefined) flight.listeners.add(onProgress);
    try {
      const value = await untilAborted(flight.result, signal);
      return { value, release: once(() => this.#leave(key, flight, undefined)) };
    } catch (error) {
      await this.#leave(key, flight, error);
      throw error;
    } finally {
      if (onProgress !== undefined) flight.listeners.delete(onProgress);
    }
  }

  #start(key: string, start: (context: FlightContext) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const listeners = new Set<(done: number) => void>();
    const report = (done: number): void => {
      for (const listener of listeners) listener(done);
    };
    const result = start({ signal: controller.signal, report });
    const flight: Flight<T> = { result, controller, listeners, holders: 0 };
    this.#flights.set(key, flight);
    result.catch(() => this.#forget(key, flight));
    return flight;
  }

  async #leave(key: string, flight: Flight<T>, reason: unknown): Promise<void> {
    if (--flight.holders > 0) return;
    this.#forget(key, flight);
    flight.controller.abort(reason);
    const settled = await flight.result.then(
      (value) => ({ value }),
      () => undefined,
    );
    if (settled !== undefined) await this.dispose(settled.value);
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
