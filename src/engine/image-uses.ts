import type { LongLease } from "../content/leases.js";
import type { Image } from "./image.js";

/** How long an image stays leased that nothing uses, in ms: what runs once often runs again. */
const IDLE_MS = 10_000;
/** How often leases are refreshed, in idle periods: an hour. */
const REFRESH_PERIODS = 360;

interface Use {
  count: number;
  /** Nothing used it for this whole period. */
  idle: boolean;
  lease: LongLease | undefined;
  readonly ready: Promise<void>;
}

/**
 * Which images the containers and runs of an engine use: one lease for each, so that no process collects
 * them. Only the first use of an image touches the disk; the lease outlives the last one for a while.
 */
export class ImageUses {
  readonly #uses = new Map<string, Use>();
  #timer: NodeJS.Timeout | undefined;
  #periods = 0;

  constructor(private readonly take: (image: Image) => Promise<LongLease>) {}

  /** Counts one more use, if the image is leased already. */
  tryAcquire({ digest }: Image): boolean {
    const use = this.#uses.get(digest);
    if (use?.lease === undefined) return false;
    use.count++;
    use.idle = false;
    return true;
  }

  /**
   * Counts one more use, and prepares it while the lease is written.
   *
   * @throws what taking the lease throws, before what `prepare` throws. Nothing is counted then.
   */
  async acquire(image: Image, prepare: () => Promise<void>): Promise<void> {
    const use = this.#uses.get(image.digest) ?? this.#start(image);
    use.count++;
    use.idle = false;
    const [leased, prepared] = await Promise.allSettled([use.ready, prepare()]);
    if (leased.status === "fulfilled" && prepared.status === "fulfilled") return;
    use.count--;
    throw leased.status === "rejected"
      ? leased.reason
      : prepared.status === "rejected" && prepared.reason;
  }

  release({ digest }: Image): void {
    const use = this.#uses.get(digest);
    if (use !== undefined) use.count--;
  }

  isUsed(digest: string): boolean {
    return (this.#uses.get(digest)?.count ?? 0) > 0;
  }

  /** Releases what nothing uses now. */
  async releaseIdle(): Promise<void> {
    await this.#drop((use) => use.count === 0);
  }

  async close(): Promise<void> {
    await this.#drop(() => true);
  }

  #start(image: Image): Use {
    const taken = this.take(image);
    const use: Use = {
      count: 0,
      idle: false,
      lease: undefined,
      ready: taken.then((lease) => {
        use.lease = lease;
      }),
    };
    use.ready.catch(() => {
      this.#uses.delete(image.digest);
      this.#stopIfEmpty();
    });
    this.#uses.set(image.digest, use);
    this.#timer ??= setInterval(() => this.#tick(), IDLE_MS).unref();
    return use;
  }

  #tick(): void {
    const isRefresh = ++this.#periods % REFRESH_PERIODS === 0;
    // What cannot be done now is tried again, or done by whoever opens the store next.
    this.#drop((use) => use.count === 0 && use.idle).catch(() => undefined);
    for (const use of this.#uses.values()) {
      use.idle = use.count === 0;
      if (isRefresh) use.lease?.refresh().catch(() => undefined);
    }
  }

  async #drop(isDropped: (use: Use) => boolean): Promise<void> {
    const dropped: Promise<void>[] = [];
    for (const [digest, use] of this.#uses) {
      if (!isDropped(use)) continue;
      this.#uses.delete(digest);
      dropped.push(
        use.ready.then(
          () => use.lease?.release(),
          () => undefined,
        ),
      );
    }
    this.#stopIfEmpty();
    await Promise.all(dropped);
  }

  #stopIfEmpty(): void {
    if (this.#uses.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
