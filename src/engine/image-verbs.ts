import { EventEmitter } from "eventemitter3";
import { throwLater } from "../base/throw-later.js";
import type { ImageStore } from "../image/image-store.js";
import type { OnPullProgress } from "../image/pull-progress.js";
import type { EngineEvents } from "./engine-events.js";
import type { EngineOptions, LoadOptions, PullOptions } from "./engine-options.js";
import { Image } from "./image.js";
import { Images } from "./images.js";

type ProgressOf = Parameters<EngineEvents["progress"]>[0];

/** The half of an engine that deals in images: what is public of it is documented as the engine's own. */
export abstract class ImageVerbs extends EventEmitter<EngineEvents> {
  /** The store's folder, absolute. */
  readonly root: string;
  readonly images: Images;
  /** @internal */
  protected readonly options: EngineOptions;
  /** @internal */
  protected readonly store: ImageStore;

  /** @internal */
  constructor(options: EngineOptions, store: ImageStore) {
    super();
    this.root = store.content.layout.root;
    this.options = options;
    this.store = store;
    this.images = new Images(store, () => this.assertOpen());
  }

  /**
   * @internal
   * @throws SafedockError `ERR_ENGINE_CLOSED`
   */
  protected abstract assertOpen(): void;

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
    this.assertOpen();
    const { signal, platform, onProgress, limits, ...registry } = options;
    const record = await this.store.pull(reference, {
      ...limits,
      registry: { ...this.options.registry, ...registry },
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
    this.assertOpen();
    const { onProgress, limits, ...rest } = options;
    const name = typeof source === "string" ? source : "bytes";
    const record = await this.store.load(source, {
      ...limits,
      ...rest,
      onProgress: this.#progress(options.reference ?? name, onProgress),
    });
    return this.#arrived(record);
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

  #arrived(record: Parameters<ImageStore["snapshot"]>[0]): Image {
    const image = new Image(record, this.store.snapshot(record));
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
}
