import { EventEmitter } from "eventemitter3";
import { SafedockError } from "../base/errors.js";
import { throwLater } from "../base/throw-later.js";
import { GuestPool } from "../guest/pool.js";
import { ImageStore } from "../image/image-store.js";
import type { OnPullProgress } from "../image/pull-progress.js";
import { BoardRecords } from "./board-records.js";
import { checkContainerOptions } from "./check-options.js";
import type { Container } from "./container.js";
import type { ContainerOptions, RunOptions } from "./container-options.js";
import { Containers } from "./containers.js";
import type { EngineEvents } from "./engine-events.js";
import {
  checkEngineOptions,
  type EngineOptions,
  type LoadOptions,
  type PullOptions,
} from "./engine-options.js";
import type { RunResult } from "./exit-status.js";
import { Image } from "./image.js";
import { Images } from "./images.js";
import { Launcher } from "./launcher.js";
import { runOnce } from "./run-once.js";
import { defaultRoot, layersFolder } from "./store-root.js";

/**
 * A store of images and a pool of workers: opened by {@link openEngine}, closed by `close` or
 * `await using`. An engine that is forgotten does not keep the app alive.
 */
export class Engine extends EventEmitter<EngineEvents> implements AsyncDisposable {
  /** The store's folder, absolute. */
  readonly root: string;
  readonly images: Images;
  readonly containers: Containers;
  readonly #options: EngineOptions;
  readonly #store: ImageStore;
  readonly #pool: GuestPool;
  readonly #launcher: Launcher;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(options: EngineOptions, store: ImageStore, pool: GuestPool, layers: string) {
    super();
    this.root = store.content.layout.root;
    this.#options = options;
    this.#store = store;
    this.#pool = pool;
    this.#launcher = new Launcher(this.#pool, store);
    this.images = new Images(store, () => this.#assertOpen());
    this.containers = new Containers({
      launcher: this.#launcher,
      records: new BoardRecords(this.#pool.board),
      layers,
      events: this,
      assertOpen: () => this.#assertOpen(),
    });
  }

  /**
   * Pulls an image from its registry: all of it is verified and in the store, or nothing. Blobs that the
   * store has are not downloaded again.
   *
   * @example
   * ```ts
   * engine.on("progress", ({ digest, bytes, total }) => console.log(digest, bytes, total));
   * const image = await engine.pullImage("ghcr.io/acme/hello:1.2", {
   *   signal: AbortSignal.timeout(60_000),
   *   credentials: { username: "ada", password: "secret" },
   * });
   * ```
   * @param reference - `hello`, `ghcr.io/acme/hello:1.2`, `localhost:5000/x@sha256:…`
   * @throws SafedockError `ERR_REFERENCE_INVALID`, `ERR_REGISTRY_*`, `ERR_MANIFEST_*`,
   * `ERR_CONFIG_INVALID`, `ERR_PLATFORM_NOT_FOUND`, `ERR_DIGEST_MISMATCH`, `ERR_SIZE_MISMATCH`,
   * `ERR_BLOB_TOO_LARGE`, `ERR_LAYER_*`, `ERR_DIFFID_MISMATCH`, `ERR_IMAGE_NO_WASM`. An abort rejects
   * with `signal.reason`.
   */
  async pullImage(reference: string, options: PullOptions = {}): Promise<Image> {
    this.#assertOpen();
    const { signal, platform, onProgress, ...registry } = options;
    const record = await this.#store.pull(reference, {
      registry: { ...this.#options.registry, ...registry },
      onProgress: this.#progress(reference, onProgress),
      ...(signal === undefined ? undefined : { signal }),
      ...(platform === undefined ? undefined : { platform }),
    });
    return this.#arrived(record);
  }

  /**
   * Takes an image from an OCI layout folder, a `.wasm` file, or the bytes of one, which becomes an image
   * with that file as its Entrypoint.
   *
   * @example
   * ```ts
   * const image = await engine.loadImage("./hello.wasm", { reference: "hello:dev" });
   * await engine.run("hello:dev");
   * ```
   * @throws SafedockError `ERR_SOURCE_UNSUPPORTED` for anything else, and the codes of a pull.
   */
  async loadImage(source: string | Uint8Array, options: LoadOptions = {}): Promise<Image> {
    this.#assertOpen();
    const { onProgress, ...rest } = options;
    const name = typeof source === "string" ? source : "bytes";
    const record = await this.#store.load(source, {
      ...rest,
      onProgress: this.#progress(options.reference ?? name, onProgress),
    });
    return this.#arrived(record);
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
   * @param image - an image, or the reference or digest of one in the store.
   * @throws SafedockError `ERR_OPTIONS_INVALID` (all problems at once), `ERR_MOUNT_UNAVAILABLE`,
   * `ERR_IMAGE_NOT_FOUND`, `ERR_ENTRYPOINT_MISSING`, `ERR_IMAGE_NO_WASM`, `ERR_MODULE_INVALID`,
   * `ERR_MODULE_TOO_LARGE`, `ERR_IMPORT_UNKNOWN`, `ERR_COMPONENT_UNSUPPORTED`.
   */
  async createContainer(image: Image | string, options: ContainerOptions = {}): Promise<Container> {
    this.#assertOpen();
    const checked = checkContainerOptions(options);
    const found = typeof image === "string" ? await this.images.get(image) : image;
    await this.#launcher.prepare(found, checked);
    this.#assertOpen();
    return this.containers.create(found, checked);
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
    this.#assertOpen();
    const checked = checkContainerOptions(options, RUN_KEYS);
    options.signal?.throwIfAborted();
    const found = typeof image === "string" ? await this.images.get(image) : image;
    return runOnce(this.#launcher, this.containers, found, checked, options);
  }

  /** A listener that throws is an uncaught exception of the app; what the engine does goes on. */
  override emit<T extends EventEmitter.EventNames<EngineEvents>>(
    event: T,
    ...args: EventEmitter.EventArgs<EngineEvents, T>
  ): boolean {
    try {
      return super.emit(event, ...args);
    } catch (error) {
      throwLater(error);
      return true;
    }
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

  async #close(): Promise<void> {
    await this.#pool.close();
    await this.containers.close();
    await this.#launcher.close();
    this.removeAllListeners();
  }

  #arrived(record: Parameters<ImageStore["snapshot"]>[0]): Image {
    const image = new Image(record, this.#store.snapshot(record));
    this.emit("pull", { image });
    return image;
  }

  #progress(reference: string, also: ((event: ProgressOf) => void) | undefined): OnPullProgress {
    return (progress) => {
      const event = { reference, ...progress };
      this.emit("progress", event);
      also?.(event);
    };
  }

  #assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new SafedockError("ERR_ENGINE_CLOSED", `the engine on ${this.root} is closed`, {
      data: { root: this.root },
      hint: "open another with openEngine",
    });
  }
}

type ProgressOf = Parameters<EngineEvents["progress"]>[0];

const RUN_KEYS = ["stdin", "signal"];

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
  checkEngineOptions(options);
  const { workers, maxWorkers, maxQueued } = options;
  // First, so that its first worker starts while the store is opened.
  const pool = new GuestPool({
    ...(workers === undefined ? undefined : { workers }),
    ...(maxWorkers === undefined ? undefined : { maxWorkers }),
    ...(maxQueued === undefined ? undefined : { maxQueued }),
  });
  try {
    const store = await ImageStore.open(options.root ?? defaultRoot());
    return new Engine(options, store, pool, await layersFolder(store.content.layout.root));
  } catch (error) {
    await pool.close();
    throw error;
  }
}
