import { EventEmitter } from "eventemitter3";
import { throwLater } from "../base/throw-later.js";
import type { PruneOptions, PruneReport } from "../image/housekeeping-options.js";
import type { ImageRecord } from "../image/image-record.js";
import type { ImageLock } from "../image/image-lock.js";
import type { ImageStore } from "../image/image-store.js";
import type { LoadSource } from "../image/load-source.js";
import type { MovedImage } from "../image/lock-images.js";
import type { OnPullProgress } from "../image/pull-progress.js";
import type { VerifyOptions, VerifyReport } from "../image/verify-report.js";
import type { ArchiveTarget } from "../image/write-target.js";
import type { ReadPolicy } from "../trust/policy.js";
import type { BuildOptions } from "./build-options.js";
import type { CommitOptions } from "./commit-options.js";
import type { OpenFiles } from "./container-host.js";
import type { EngineEvents } from "./engine-events.js";
import type {
  EngineOptions,
  LoadAllOptions,
  LoadOptions,
  LockOptions,
  PullOptions,
} from "./engine-options.js";
import { checkImage } from "./check-image.js";
import { checkLocal, ImageGate } from "./image-gate.js";
import { Image } from "./image.js";
import { Images } from "./images.js";
import type { PushedImage, PushOptions } from "./push-options.js";
import { readKnownOptions, readOptions } from "./read-options.js";
import type { Requirements } from "./requirements.js";
import type { SavedImages, SaveOptions } from "./save-options.js";

const VERIFY_KEYS = ["signal", "repair", "onProgress"];

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
  readonly #policy: ReadPolicy | undefined;
  readonly #gate: ImageGate | undefined;

  /** @internal */
  constructor(options: EngineOptions, policy: ReadPolicy | undefined, store: ImageStore) {
    super();
    this.root = store.content.layout.root;
    this.options = options;
    this.store = store;
    this.#policy = policy;
    this.#gate = policy === undefined ? undefined : new ImageGate(policy);
    this.images = new Images(store, {
      assertOpen: () => this.assertOpen(),
      usersOf: (digest) => this.usersOf(digest),
      releaseIdle: () => this.releaseIdle(),
    });
  }

  /**
   * @internal
   * @throws SafedockError `ERR_ENGINE_CLOSED`
   */
  protected abstract assertOpen(): void;

  /** @internal Ids of the containers that use an image; undefined if nothing does. */
  protected abstract usersOf(digest: string): readonly string[] | undefined;

  /** @internal Lets go of images that nothing uses now. */
  protected abstract releaseIdle(): Promise<void>;

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
   * `ERR_BLOB_TOO_LARGE`, `ERR_LAYER_*`, `ERR_DIFFID_MISMATCH`, `ERR_IMAGE_NO_WASM`; with `verify` or a
   * policy `ERR_SIGNATURE_MISSING`, `ERR_SIGNATURE_INVALID`, `ERR_POLICY_REFUSED`; with a lock
   * `ERR_LOCK_MISSING`, `ERR_LOCK_INVALID`; with `pullPolicy: "never"` `ERR_IMAGE_NOT_FOUND`; with `prepare`
   * `ERR_COMPONENT_*` for a component that cannot be run: the image is in the store nevertheless;
   * `ERR_OPTIONS_INVALID`. An abort rejects with `signal.reason`.
   */
  async pullImage(reference: string, options: PullOptions = {}): Promise<Image> {
    this.assertOpen();
    const { pullByPolicy, readPullOptions } = await import("./pull-by-policy.js");
    const read = readPullOptions(options);
    const engine = { options: this.options, store: this.store, policy: this.#policy };
    const progress = this.#progress(reference, read.onProgress);
    const { record, isPulled } = await pullByPolicy(engine, reference, read, progress);
    const image = isPulled ? this.#arrived(record) : new Image(record, this.store.snapshot(record));
    if (read.prepare === true) await this.#prepare(record, read.signal);
    return image;
  }

  /**
   * Takes an image from a `.wasm` file, an OCI layout folder, or an OCI or `docker save` archive, plain or
   * compressed with gzip or zstd; what it is is told by its content. It may also come as bytes or as a
   * stream. A `.wasm` file becomes an image with that file as its Entrypoint.
   *
   * @example
   * ```ts
   * const image = await engine.loadImage("./hello.wasm", { reference: "hello:dev" });
   * await engine.run("hello:dev");
   * ```
   * @param source - a path, bytes, or a stream of bytes such as `process.stdin`.
   * @throws SafedockError `ERR_SOURCE_UNSUPPORTED` for anything else, and for several images of which none is
   * named; `ERR_ARCHIVE_INVALID`, `ERR_OPTIONS_INVALID`, and the codes of a pull.
   */
  async loadImage(source: LoadSource, options: LoadOptions = {}): Promise<Image> {
    const order = await this.#loadOrder("loadImage", source, options);
    const record = await this.store.load(source, order);
    const image = this.#arrived(record);
    if (order.prepare === true) await this.#prepare(record, order.signal);
    return image;
  }

  /**
   * Takes all images of an OCI layout folder or an archive, as `docker load` does: each under the names that
   * it has there. Those that come before one that is refused stay.
   *
   * @example
   * ```ts
   * await engine.saveImage([image], "./images.tar");
   * for (const { reference, digest } of await engine.loadImages("./images.tar")) console.log(reference, digest);
   * ```
   * @param source - as for `loadImage`.
   * @throws SafedockError as `loadImage` does.
   */
  async loadImages(source: LoadSource, options: LoadAllOptions = {}): Promise<Image[]> {
    const order = await this.#loadOrder("loadImages", source, options);
    const records = await this.store.loadAll(source, order);
    const images = records.map((record) => this.#arrived(record));
    if (order.prepare === true) {
      for (const record of records) await this.#prepare(record, order.signal);
    }
    return images;
  }

  /**
   * Writes images of the store into a layout folder, an archive, or a stream that takes an archive. The same
   * images in the same order give the same bytes. An archive is there in full or not at all; to a folder
   * images are added.
   *
   * @example
   * ```ts
   * await engine.saveImage(image, "./hello.tar"); // an OCI archive
   * await engine.saveImage(image, "./hello-docker.tar", { format: "docker-archive" });
   * await engine.saveImage(image, "./layout/"); // a folder
   * ```
   * @param images - images, or references or digests of some in the store.
   * @param target - a path, or a stream of Node or the web; it is ended, unless it is `process.stdout`.
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_OPTIONS_INVALID`;
   * `ERR_MANIFEST_UNSUPPORTED` for a docker archive of what is no image of tar layers;
   * `ERR_BLOB_NOT_FOUND`, `ERR_STORE_INVALID` if the store lacks a part or has a damaged one. An abort rejects
   * with `signal.reason`.
   */
  async saveImage(
    images: Image | string | readonly (Image | string)[],
    target: ArchiveTarget,
    options: SaveOptions = {},
  ): Promise<SavedImages> {
    this.assertOpen();
    const { saveByOptions } = await import("./save-by-options.js");
    return saveByOptions(this.store, images, target, options);
  }

  /**
   * Builds an image of files, on another image or on nothing, as `docker build` does with `FROM`, `COPY`
   * and `ENTRYPOINT`. The same input gives the same digest, on every machine.
   *
   * @example
   * ```ts
   * const built = await engine.buildImage({
   *   files: { "/bin/hello.wasm": { source: "./hello.wasm" }, "/etc/motd": "Welcome!\n" },
   *   entrypoint: ["/bin/hello.wasm"],
   *   env: { LOG: "debug" },
   *   labels: { "org.opencontainers.image.source": "https://example.com/hello" },
   *   reference: "acme/hello:1.3",
   * });
   * await engine.run(built);
   * ```
   * @throws SafedockError `ERR_OPTIONS_INVALID` (all problems at once), `ERR_IMAGE_NOT_FOUND` for `from`,
   * `ERR_SOURCE_UNSUPPORTED` for what a folder holds beside files and links, and for what changes
   * meanwhile; `ERR_ENTRYPOINT_MISSING`, `ERR_IMAGE_NO_WASM`, `ERR_MODULE_INVALID`, `ERR_LAYER_*`,
   * `ERR_BLOB_NOT_FOUND`. An abort rejects with `signal.reason`. Nothing is left behind then.
   */
  async buildImage(options: BuildOptions): Promise<Image> {
    this.assertOpen();
    const { buildByOptions, readBuildOptions } = await import("./build-by-options.js");
    const read = readBuildOptions(options);
    await this.#checkBuild(read);
    const progressOf = (name: string) => this.#progress(name, read.onProgress);
    return this.#arrived(await buildByOptions(this.store, read, progressOf));
  }

  /**
   * Pushes an image to a registry: what the repository lacks of it alone, its tag last. Blobs that another
   * repository of the same registry is known to have are mounted from there. An image that was pulled
   * through an index is pushed as the one manifest that was taken from it.
   *
   * @example
   * ```ts
   * const { reference, digest } = await engine.pushImage(image, "registry.example/acme/hello:1.3");
   * const again = await engine.pullImage(`${reference}@${digest}`);
   * ```
   * @param image - an image, or the reference or digest of one in the store.
   * @param target - `registry/repository:tag`. Default: the image's own reference.
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_OPTIONS_INVALID` for an image
   * without a name and without `target`; `ERR_BLOB_NOT_FOUND` if the store lacks a part of it, before
   * anything is sent; `ERR_REGISTRY_*`. An abort rejects with `signal.reason`.
   */
  async pushImage(
    image: Image | string,
    target?: string,
    options: PushOptions = {},
  ): Promise<PushedImage> {
    this.assertOpen();
    checkImage(image);
    const { pushByOptions } = await import("./push-by-options.js");
    const record = typeof image === "string" ? await this.store.get(image) : image.record;
    const { registry } = this.options;
    return pushByOptions(this.store, record, target, options, registry, (event) =>
      this.emit("push", event),
    );
  }

  /**
   * Asks registries what tags point to now, for pulls that get the same bytes everywhere: the lock is the
   * `lock` option of `pullImage` and `openEngine`. An index is locked as a whole, for all platforms.
   *
   * @example
   * ```ts
   * const lock = await engine.lockImages(["ghcr.io/acme/hello:1.2"]);
   * await writeImageLock("./images.lock.json", lock);
   * const image = await engine.pullImage("ghcr.io/acme/hello:1.2", { lock: "./images.lock.json" });
   * ```
   * @throws SafedockError `ERR_REFERENCE_INVALID`, `ERR_REGISTRY_*`
   */
  async lockImages(references: readonly string[], options: LockOptions = {}): Promise<ImageLock> {
    this.assertOpen();
    const { lockImages } = await import("../image/lock-images.js");
    const { signal, ...registry } = await this.#registryOptions(options);
    return lockImages(references, { ...this.options.registry, ...registry }, signal);
  }

  /**
   * The tags that point elsewhere than a lock says, or are gone; none when all is as it was.
   *
   * @example
   * ```ts
   * const lock = await engine.lockImages(["ghcr.io/acme/hello:1.2"]);
   * for (const { reference, current } of await engine.checkLock(lock)) console.log(reference, current);
   * ```
   * @param lock - a lock, or the path of its file
   * @throws SafedockError `ERR_LOCK_INVALID`, `ERR_REGISTRY_*`
   */
  async checkLock(lock: ImageLock | string, options: LockOptions = {}): Promise<MovedImage[]> {
    this.assertOpen();
    const { movedImages } = await import("../image/lock-images.js");
    const { openLock } = await import("../image/image-lock.js");
    const { signal, ...registry } = await this.#registryOptions(options);
    const read = await openLock(lock);
    return movedImages(read, { ...this.options.registry, ...registry }, signal);
  }

  /**
   * @internal
   * @throws SafedockError `ERR_POLICY_REFUSED`, `ERR_SIGNATURE_MISSING` for what must not run here
   */
  protected admit(image: Image): void {
    this.#gate?.check(image);
  }

  /**
   * What an image's programs import, and which grants could be of use to them; nothing is compiled and
   * nothing runs. What an image says that it wants is `image.requestedGrants`.
   *
   * @example
   * ```ts
   * const { programs } = await engine.requirements(image);
   * for (const { path, grants, unknownImports } of programs) {
   *   console.log(path, grants.join(), unknownImports.length === 0 ? "can run" : "cannot run here");
   * }
   * ```
   * @param image - an image, or the reference or digest of one, as for `createContainer`.
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_STORE_INVALID`, `ERR_POLICY_REFUSED`,
   * `ERR_SIGNATURE_MISSING`. A program that cannot be read is no error: its `problem` says why.
   */
  async requirements(image: Image | string): Promise<Requirements> {
    this.assertOpen();
    checkImage(image);
    const found = typeof image === "string" ? await this.named(image) : image;
    this.admit(found);
    const { readRequirements } = await import("./read-requirements.js");
    const lease = await this.store.use(found.record);
    try {
      return await readRequirements(await this.store.openImage(found.record));
    } finally {
      await lease.release();
    }
  }

  /** @internal The image under a reference; it is pulled only where the engine's `pullPolicy` says so. */
  protected named(reference: string, signal?: AbortSignal): Promise<Image> {
    const { pullPolicy, lock } = this.options;
    const isDigest = reference.startsWith("sha256:") || reference.startsWith("sha512:");
    if (isDigest || (pullPolicy === undefined && lock === undefined)) {
      return this.images.get(reference);
    }
    return this.pullImage(reference, {
      pullPolicy: pullPolicy ?? "never",
      ...(signal === undefined ? undefined : { signal }),
    });
  }

  /**
   * {@link Images.prune} under Docker's name for it: removes images without a reference, what no image needs,
   * and what dead processes left.
   *
   * @example
   * ```ts
   * const { images, bytes } = await engine.prune({ olderThanMs: 86_400_000 });
   * console.log(images.length, bytes);
   * ```
   * @throws SafedockError `ERR_ENGINE_CLOSED`
   */
  prune(options: PruneOptions = {}): Promise<PruneReport> {
    return this.images.prune(options);
  }

  /**
   * Reads the whole store: hashes every blob, and looks whether the indexes, trees, records and references
   * made of them are what they must be. Damage is data, not an error. With `repair` it is mended as far as
   * that can be done; other processes may pull, run and remove images meanwhile.
   *
   * @example
   * ```ts
   * const { ok, checked, damaged } = await engine.verify({ repair: true });
   * for (const { kind, path, problem } of damaged) console.error(kind, path, problem);
   * ```
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.assertOpen();
    const { registry = {} } = this.options;
    const read = readOptions("verify options", options, VERIFY_KEYS);
    return this.store.verify(read, { registry });
  }

  /** @internal What `container.commit` does */
  protected async commit(
    image: Image,
    open: () => Promise<OpenFiles>,
    options: CommitOptions,
  ): Promise<Image> {
    const { checkCommitOptions, commitContainer } = await import("./commit-container.js");
    const { checked, signal, onProgress } = checkCommitOptions(options);
    const call = { signal, onProgress: this.#progress(checked.reference ?? "commit", onProgress) };
    signal?.throwIfAborted();
    const record = await commitContainer(this.store, image.record, await open(), checked, call);
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

  async #loadOrder(verb: "loadImage" | "loadImages", source: LoadSource, options: LoadOptions) {
    this.assertOpen();
    const { checkLoadOptions } = await import("./check-load-options.js");
    const { onProgress, limits, ...rest } = checkLoadOptions(verb, options);
    const name = rest.reference ?? (typeof source === "string" ? source : "bytes");
    checkLocal(this.#policy, name);
    return { ...limits, ...rest, onProgress: this.#progress(name, onProgress) };
  }

  /** What is built here is local; what it is built on must be let in as if it ran. */
  async #checkBuild({ from, reference }: BuildOptions): Promise<void> {
    if (this.#gate === undefined) return;
    checkLocal(this.#policy, reference ?? "build");
    if (typeof from === "string") this.admit(await this.images.get(from));
    else if (from instanceof Image) this.admit(from);
  }

  async #registryOptions(options: LockOptions): Promise<LockOptions> {
    const { REGISTRY_OPTIONS } = await import("../registry/check-registry-options.js");
    return readKnownOptions("lock options", options, ["signal", ...REGISTRY_OPTIONS]);
  }

  async #prepare(record: ImageRecord, signal: AbortSignal | undefined): Promise<void> {
    const { prepareImage } = await import("./prepare-image.js");
    await prepareImage(this.store, record, signal);
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
