import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { threadsEnded } from "../base/ending-threads.js";
import { SafedockError } from "../base/errors.js";
import { StoreLayout } from "../content/store-layout.js";
import type { ReadPolicy } from "../trust/policy.js";
import { GuestPool } from "../guest/pool.js";
import { ImageStore } from "../image/image-store.js";
import { BoardRecords } from "./board-records.js";
import { checkImage } from "./check-image.js";
import {
  checkContainerOptions,
  type CheckedOptions,
  CONTAINER_KEYS,
  NO_KEYS,
} from "./check-options.js";
import type { Container } from "./container.js";
import type { ContainerOptions, RunOptions } from "./container-options.js";
import { Containers } from "./containers.js";
import {
  checkEngineOptions,
  DEFAULT_MAX_CONTAINERS,
  type EngineOptions,
} from "./engine-options.js";
import type { RunResult } from "./exit-status.js";
import type { Image } from "./image.js";
import { ImageUses } from "./image-uses.js";
import { ImageVerbs } from "./image-verbs.js";
import { Launcher } from "./launcher.js";
import { PolicyRecords } from "./policy-records.js";
import { readKnownOptions, readOptions } from "./read-options.js";
import type { Stores } from "./check-stores.js";
import { runOnce } from "./run-once.js";
import { defaultRoot, layersFolder } from "./store-root.js";

/**
 * A store of images and a pool of workers: opened by {@link openEngine}, closed by `close` or
 * `await using`. An engine that is forgotten does not keep the app alive.
 */
export class Engine extends ImageVerbs implements AsyncDisposable {
  readonly containers: Containers;
  readonly #pool: GuestPool;
  readonly #launcher: Launcher;
  readonly #uses: ImageUses;
  readonly #stores: Stores;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(
    options: EngineOptions,
    policy: ReadPolicy | undefined,
    stores: Stores,
    store: ImageStore,
    pool: GuestPool,
    layers: string,
  ) {
    super(options, policy, store);
    this.#pool = pool;
    this.#stores = stores;
    this.#launcher = new Launcher(this.#pool, store);
    this.#uses = new ImageUses((image) => store.use(image.record));
    this.containers = new Containers({
      launcher: this.#launcher,
      uses: this.#uses,
      boards: new BoardRecords(this.#pool.board),
      policies: new PolicyRecords(this.#pool.policies),
      layers,
      events: this,
      assertOpen: () => this.assertOpen(),
      commit: (image, open, options) => this.commit(image, open, options),
      services: { http: options.http, sockets: options.sockets, stores },
      max: options.maxContainers ?? DEFAULT_MAX_CONTAINERS,
    });
  }

  /**
   * Makes a container; nothing runs yet. The image's program is read, checked and compiled now, so that a
   * module that cannot run is refused here.
   *
   * @example
   * ```ts
   * await using container = await engine.createContainer(image, {
   *   args: ["--name", "Ada"],
   *   grants: {
   *     env: { LOG: "debug" },
   *     fs: [
   *       { source: "./data", target: "/data", access: "read-only" },
   *       { type: "memory", target: "/tmp", maxBytes: 16 * 2 ** 20 },
   *     ],
   *     clock: "real",
   *   },
   *   limits: { memoryBytes: 64 * 2 ** 20, timeoutMs: 5_000 },
   * });
   * ```
   * @param image - an image, or the reference or digest of one in the store; with the engine option
   * `pullPolicy` a reference is pulled as that says.
   * @throws SafedockError `ERR_OPTIONS_INVALID` (all problems at once), `ERR_MOUNT_UNAVAILABLE`,
   * `ERR_POLICY_REFUSED`, `ERR_SIGNATURE_MISSING`,
   * `ERR_IMAGE_NOT_FOUND`, `ERR_ENTRYPOINT_MISSING`, `ERR_IMAGE_NO_WASM`, `ERR_MODULE_INVALID`,
   * `ERR_MODULE_TOO_LARGE`, `ERR_MODULE_COMPILE_TIMEOUT`, `ERR_IMPORT_UNKNOWN`,
   * `ERR_COMPONENT_UNSUPPORTED`; `ERR_TOO_MANY_CONTAINERS`.
   */
  async createContainer(image: Image | string, options: ContainerOptions = {}): Promise<Container> {
    this.assertOpen();
    const checked = checkContainerOptions(options, NO_KEYS, this.#stores);
    checkImage(image);
    const found = typeof image === "string" ? await this.named(image) : image;
    this.admit(found);
    await this.#uses.acquire(found, () => this.#launcher.prepare(found, checked));
    try {
      this.assertOpen();
      return this.containers.create(found, checked);
    } catch (error) {
      this.#uses.release(found);
      throw error;
    }
  }

  /**
   * Creates a container, runs its program to the end, captures the output and removes the container.
   *
   * @example
   * ```ts
   * const { code, stdout } = await engine.run(image, { args: ["x"], stdin: "text" });
   * ```
   * @throws SafedockError the codes of {@link Engine.createContainer}; `ERR_QUEUE_FULL`. A non-zero
   * exit code does not throw; an abort rejects with `signal.reason`.
   */
  async run(image: Image | string, options: RunOptions = {}): Promise<RunResult> {
    this.assertOpen();
    const read = readOptions("container options", options, ALL_RUN_KEYS);
    const checked = checkContainerOptions(read, RUN_KEYS, this.#stores);
    checkImage(image);
    read.signal?.throwIfAborted();
    if (typeof image !== "string") this.admit(image);
    const ready = typeof image !== "string" && this.#uses.tryAcquire(image);
    const found = ready ? image : await this.#taken(image, checked, read.signal);
    try {
      return await runOnce(this.#launcher, this.containers, found, checked, read);
    } finally {
      this.#uses.release(found);
    }
  }

  /**
   * Waits until a process could be started without ERR_QUEUE_FULL: back-pressure for whoever has more work
   * than `maxQueued`. Callers pass one by one, those first that wait longest.
   *
   * @example
   * ```ts
   * for (const input of ["a", "b", "c"]) {
   *   await engine.whenReady();
   *   void engine.run(image, { stdin: input }).then(({ code }) => console.log(code));
   * }
   * ```
   * @throws SafedockError `ERR_ENGINE_CLOSED`, `ERR_OPTIONS_INVALID`; an abort rejects with `signal.reason`.
   */
  async whenReady(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.assertOpen();
    const { signal } = readKnownOptions("whenReady options", options, READY_KEYS);
    await this.#pool.whenReady(signal);
  }

  /** What the engine is: plain data. */
  inspect(): EngineInfo {
    return {
      root: this.root,
      closed: this.#closing !== undefined,
      workers: this.#pool.workers,
      processes: this.#pool.inFlight,
      containers: this.containers.list().map(({ id }) => id),
    };
  }

  /** Kills what runs, removes all containers and ends the workers. Images stay. Twice is fine. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** As {@link Engine.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The image, in use. A process that was asked for takes its place before its image is looked up. */
  async #taken(
    image: Image | string,
    options: CheckedOptions,
    signal: AbortSignal | undefined,
  ): Promise<Image> {
    const arrived = this.#pool.expect();
    try {
      const found = typeof image === "string" ? await this.named(image, signal) : image;
      this.admit(found);
      await this.#uses.acquire(found, () => this.#launcher.prepare(found, options, signal));
      return found;
    } finally {
      arrived();
    }
  }

  async #close(): Promise<void> {
    await this.#pool.close();
    await this.containers.close();
    await this.#launcher.close();
    await this.#uses.close();
    await threadsEnded();
    this.removeAllListeners();
  }

  /** @internal */
  protected override usersOf(digest: string): readonly string[] | undefined {
    if (!this.#uses.isUsed(digest)) return undefined;
    const users = this.containers.list().filter(({ image }) => image.digest === digest);
    return users.map(({ id }) => id);
  }

  /** @internal */
  protected override releaseIdle(): Promise<void> {
    return this.#uses.releaseIdle();
  }

  /** @internal */
  protected override assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new SafedockError("ERR_ENGINE_CLOSED", `the engine on ${this.root} is closed`, {
      data: { root: this.root },
      hint: "open another with openEngine",
    });
  }
}

const READY_KEYS = ["signal"];
const RUN_KEYS = ["stdin", "signal", "onHostCall", "audit"];
const ALL_RUN_KEYS = [...CONTAINER_KEYS, ...RUN_KEYS];

/** What `engine.inspect` answers. */
export interface EngineInfo {
  readonly root: string;
  readonly closed: boolean;
  /** Worker threads now. */
  readonly workers: number;
  /** Processes that wait for a worker or run. */
  readonly processes: number;
  /** Ids of the containers. */
  readonly containers: readonly string[];
}

/**
 * Opens the store (made if missing) and a pool of warm workers.
 *
 * @example
 * ```ts
 * await using engine = await openEngine({ root: "./.safedock" });
 * ```
 * @throws SafedockError `ERR_OPTIONS_INVALID`; `ERR_STORE_INVALID` if the folder cannot be used.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { policy, stores, ...read } = checkEngineOptions(options);
  const { workers, maxWorkers, maxQueued } = read;
  const root = read.root ?? defaultRoot();
  // First, so that its first worker starts while the store is opened. In a new store there is nothing to run:
  // a process that pulls into one must not pay for a worker.
  const pool = new GuestPool({
    late: !existsSync(root),
    prepared: new StoreLayout(resolve(root)).prepared,
    ...(workers === undefined ? undefined : { workers }),
    ...(maxWorkers === undefined ? undefined : { maxWorkers }),
    ...(maxQueued === undefined ? undefined : { maxQueued }),
  });
  try {
    const store = await ImageStore.open(root);
    const layers = await layersFolder(store.content.layout.root);
    return new Engine(read, policy, stores, store, pool, layers);
  } catch (error) {
    await pool.close();
    throw error;
  }
}
