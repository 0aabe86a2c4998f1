import type { HttpOptions } from "../http/http-options.js";
import type { KeyValueStore } from "../services/key-value-store.js";
import type { ImageLimits } from "../image/image-limits.js";
import type { ImageLock } from "../image/image-lock.js";
import { checkRegistryOptions } from "../registry/check-registry-options.js";
import type { RegistryOptions } from "../registry/registry-options.js";
import { readPolicy, type Policy, type ReadPolicy } from "../trust/policy.js";
import type { SignatureOptions } from "../trust/signature-options.js";
import { checkHttpOptions } from "./check-http-options.js";
import { checkStores, NO_STORES, type Stores } from "./check-stores.js";
import type { ProgressEvent } from "./engine-events.js";
import { isRecord, Problems, show } from "./problems.js";
import { reading, readOptions } from "./read-options.js";
import { isPullPolicy, type PullPolicy } from "./pull-policy.js";
import { checkSocketOptions, type SocketOptions } from "./socket-options.js";

/** Options of `openEngine`. */
export interface EngineOptions {
  /**
   * Folder of the store: blobs, snapshots, writable layers. Made if missing; several engines and
   * processes may share it. Default `$SAFEDOCK_ROOT`, else `safedock` in `$XDG_DATA_HOME` or
   * `~/.local/share`.
   */
  readonly root?: string;
  /** How to reach registries, for every pull of this engine. Default: with the stored logins, by TLS. */
  readonly registry?: RegistryOptions;
  /**
   * Which images may be taken in and run, by repository: accepted, refused, or accepted with signatures.
   * It also holds for images that the store has already. Default: all are accepted.
   */
  readonly policy?: Policy;
  /**
   * When registries are asked for an image. With `missing` or `always`, `createContainer` and `run` pull
   * what they are given by reference. Default: `pullImage` asks always, the others never.
   */
  readonly pullPolicy?: PullPolicy;
  /**
   * Digests by which tags are pulled, or the path of a file with them; see `engine.lockImages`. A
   * reference that it lacks is refused. Default: none, tags are asked for.
   */
  readonly lock?: ImageLock | string;
  /** Worker threads kept ready. Default: as many as the machine has cores. */
  readonly workers?: number;
  /** Worker threads at most, for guests that wait or compute for long. Default 4 per core, at least 16. */
  readonly maxWorkers?: number;
  /** Processes that may wait for a worker; more are refused with ERR_QUEUE_FULL. Default 10,000. */
  readonly maxQueued?: number;
  /**
   * Containers that are not removed; more are refused with ERR_TOO_MANY_CONTAINERS. Those that the app has
   * forgotten count until they are collected. Default 100,000.
   */
  readonly maxContainers?: number;
  /** How requests that guests send leave the app. Default: through the system's resolver, by no proxy. */
  readonly http?: HttpOptions;
  /** How sockets of guests reach the network. Default: through the system's resolver. */
  readonly sockets?: SocketOptions;
  /**
   * Stores for `grants.keyvalue`, by name (`""` is `"default"`): each container that is granted one shares it.
   * Default none.
   */
  readonly stores?: Readonly<Record<string, KeyValueStore>>;
}

const KEYS = [
  "root",
  "registry",
  "policy",
  "pullPolicy",
  "lock",
  "workers",
  "maxWorkers",
  "maxQueued",
  "maxContainers",
  "http",
  "sockets",
  "stores",
];
/** Worker threads of one engine: each takes 8 MB and more, and a process can have some thousands. */
const MAX_WORKERS = 1024;
/** Processes that wait: each holds some KB in the app. */
const MAX_QUEUED = 10_000_000;
/** A container that waits takes some KB in the app. */
export const DEFAULT_MAX_CONTAINERS = 100_000;

/** Options of an engine, read and checked. */
export interface CheckedEngineOptions extends Omit<EngineOptions, "policy" | "stores"> {
  readonly policy: ReadPolicy | undefined;
  readonly stores: Stores;
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkEngineOptions(given: EngineOptions): CheckedEngineOptions {
  const options = readOptions("engine options", given, KEYS);
  const checked = reading("engine options", "options", () => checkedParts(options));
  return { ...options, ...checked };
}

function checkedParts(options: EngineOptions): Pick<CheckedEngineOptions, "policy" | "stores"> {
  const problems = new Problems();
  problems.keys("", options, KEYS);
  const { root, registry, pullPolicy, lock } = options;
  if (root !== undefined && (typeof root !== "string" || root === "")) {
    problems.add(`root: must be the path of a folder, not ${show(root)}`);
  }
  if (registry !== undefined && !isRecord(registry)) {
    problems.add(`registry: must be an object, not ${show(registry)}`);
  }
  if (!isPullPolicy(pullPolicy)) {
    problems.add(`pullPolicy: must be missing, always or never, not ${show(pullPolicy)}`);
  }
  if (lock !== undefined && typeof lock !== "string" && !isRecord(lock)) {
    problems.add(`lock: must be a lock or the path of its file, not ${show(lock)}`);
  }
  const policy =
    options.policy === undefined ? undefined : readPolicy("policy", options.policy, problems);
  problems.integer("workers", options.workers, 1, MAX_WORKERS, undefined);
  problems.integer("maxWorkers", options.maxWorkers, 1, MAX_WORKERS, undefined);
  problems.integer("maxQueued", options.maxQueued, 0, MAX_QUEUED, undefined);
  problems.integer("maxContainers", options.maxContainers, 0, MAX_QUEUED, undefined);
  checkHttpOptions(options.http, problems);
  checkSocketOptions(options.sockets, problems);
  const stores = options.stores === undefined ? NO_STORES : checkStores(options.stores, problems);
  problems.throwIfAny("engine options");
  checkRegistryOptions(registry ?? {});
  return { policy, stores };
}

/** Options of `engine.pullImage`: how to reach the registry may be said for one pull alone. */
export interface PullOptions extends RegistryOptions {
  readonly signal?: AbortSignal;
  /** Platform to take from an index. Default `wasi/wasm` and its aliases. */
  readonly platform?: string;
  /**
   * Signatures that the image must have, besides those that the engine's policy wants. Nothing of the
   * image is fetched before they are verified. Default none.
   */
  readonly verify?: SignatureOptions;
  /** When the registry is asked. Default: the engine's, else `always`. */
  readonly pullPolicy?: PullPolicy;
  /** In place of the engine's `lock`: a lock, or the path of its file. */
  readonly lock?: ImageLock | string;
  /** Pull a reference that the lock lacks by its tag, in place of ERR_LOCK_MISSING. Default false. */
  readonly allowUnlocked?: boolean;
  /** How much an image may take, and how many of its blobs are fetched at once. */
  readonly limits?: ImageLimits;
  /**
   * Make the image's components ready to run, which takes jco some tenths of a second each and is otherwise
   * done when one is first run. It is kept in the store, for all processes. Default false.
   */
  readonly prepare?: boolean;
  /** Called for each blob's progress, as the engine's `progress` event. */
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** Options of `engine.lockImages` and `engine.checkLock`: how to reach the registries. */
export interface LockOptions extends RegistryOptions {
  readonly signal?: AbortSignal;
}

/** Options of `engine.loadImage`. */
export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Reference under which `engine.images.get` finds it later. Default: the names it has in the source. */
  readonly reference?: string;
  /**
   * Of a folder or archive with several images: the one with this name, as it is written there, as a
   * reference, or as the tag of one. Default: the only one, else the one called `reference`.
   */
  readonly tag?: string;
  /**
   * `keep`: without `reference` an image gets the names that the folder or archive has for it, as
   * `docker load` does it. `ignore`: it gets none. Default `keep`.
   */
  readonly names?: "keep" | "ignore";
  /** Largest archive, uncompressed, in bytes. Default 32 GiB. */
  readonly maxArchiveBytes?: number;
  /** Platform to take from an index. Default `wasi/wasm` and its aliases. */
  readonly platform?: string;
  /** How much an image may take, and how many of its blobs are fetched at once. */
  readonly limits?: ImageLimits;
  /**
   * Make the image's components ready to run, which takes jco some tenths of a second each and is otherwise
   * done when one is first run. It is kept in the store, for all processes. Default false.
   */
  readonly prepare?: boolean;
  /** Called for each blob's progress, as the engine's `progress` event. */
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** Options of `engine.loadImages`. */
export type LoadAllOptions = Omit<LoadOptions, "reference" | "tag">;
