import { removeTree } from "../base/remove-tree.js";
import type { EventEmitter } from "eventemitter3";
import { SafedockError } from "../base/errors.js";
import type { DenialMessage } from "../guest/denial-message.js";
import { DenialRate } from "../guest/denial-rate.js";
import type { LogRecord } from "../services/logging-service.js";
import type { CheckedOptions } from "./check-options.js";
import { Container } from "./container.js";
import type { ContainerHost } from "./container-host.js";
import { ContainerLayer } from "./container-layer.js";
import type { EngineEvents } from "./engine-events.js";
import { GrantLedger, MAX_TOLD, type LedgerRecords } from "./grant-ledger.js";
import type { Image } from "./image.js";
import type { ImageUses } from "./image-uses.js";
import type { Launcher } from "./launcher.js";
import { toToldDenial } from "./refused-call.js";
import { needsServices, type ServiceHosts } from "./process-services.js";
import { startProcess } from "./start-process.js";

/** Denials of one engine that are told in a second: ten containers' full measure. */
const MAX_TOLD_BY_ALL = 10 * MAX_TOLD;

/** What the containers of an engine share. */
interface Shared extends Omit<LedgerRecords, "denials"> {
  readonly launcher: Launcher;
  readonly uses: ImageUses;
  /** Folder of the writable layers of this process. */
  readonly layers: string;
  readonly events: EventEmitter<EngineEvents>;
  readonly assertOpen: () => void;
  readonly commit: ContainerHost["commit"];
  readonly services: ServiceHosts;
  /** Containers at most. */
  readonly max: number;
}

/**
 * The containers of an engine: `engine.containers`. They are held weakly: one that the app has forgotten
 * and in which nothing runs is collected, its writable layer with it.
 */
export class Containers {
  readonly #shared: Shared;
  readonly #denials = new DenialRate(MAX_TOLD_BY_ALL);
  /** Of all runs of one image: they have no container. */
  readonly #denialsInRuns = new WeakMap<Image, DenialRate>();
  readonly #known = new Map<string, WeakRef<Container>>();
  readonly #forgotten = new FinalizationRegistry<Forgotten>(({ id, image, layer, ledger }) => {
    this.#known.delete(id);
    this.#shared.uses.release(image);
    // Nobody waits for it; what cannot be removed now is when the store is opened next.
    layer?.release()?.catch(() => undefined);
    ledger.release();
  });
  readonly #host: ContainerHost;

  /** @internal */
  constructor(shared: Shared) {
    this.#shared = shared;
    const records = {
      policies: shared.policies,
      boards: shared.boards,
      denials: this.#denials,
      services: shared.services,
    };
    this.#host = {
      assertOpen: shared.assertOpen,
      layerFor: (id, options) => new ContainerLayer(shared.boards, shared.layers, id, options),
      ledgerFor: (options) => new GrantLedger(records, options),
      launch: (order, life) => startProcess(shared.launcher, order, life),
      openFiles: (image, options, layer) => shared.launcher.openFiles(image, options, layer),
      openRoot: (image, layer) => shared.launcher.openRoot(image, layer),
      commit: shared.commit,
      worldOf: (image, options) => shared.launcher.worldOf(image, options),
      hasHandler: (image, options) => shared.launcher.hasHandler(image, options),
      hold: () => shared.launcher.hold(),
      unhold: () => shared.launcher.unhold(),
      forget: (container) => {
        this.#known.delete(container.id);
        this.#forgotten.unregister(container);
      },
      started: (event) => shared.events.emit("start", event),
      denied: (event) => shared.events.emit("denied", event),
      logged: (event) => shared.events.emit("log", event),
      exited: (event) => shared.events.emit("exit", event),
      removed: (event) => {
        shared.uses.release(event.container.image);
        return shared.events.emit("remove", event);
      },
    };
  }

  /** The containers that are not removed, in the order of their creation. */
  list(): Container[] {
    const containers: Container[] = [];
    for (const reference of this.#known.values()) {
      const container = reference.deref();
      if (container !== undefined) containers.push(container);
    }
    return containers;
  }

  /** The container with this id, if there is one. */
  get(id: string): Container | undefined {
    return this.#known.get(id)?.deref();
  }

  /** @internal The image must be in use for it; its removal gives that back. */
  create(image: Image, options: CheckedOptions): Container {
    const { max } = this.#shared;
    if (this.#known.size >= max) {
      throw new SafedockError("ERR_TOO_MANY_CONTAINERS", `there are ${max} containers already`, {
        data: { limit: max },
        hint: "remove those that are done, or raise maxContainers",
      });
    }
    const container = new Container(this.#host, image, options);
    this.#known.set(container.id, new WeakRef(container));
    const { id, layer, ledger } = container;
    this.#forgotten.register(container, { id, image, layer, ledger }, container);
    this.#shared.events.emit("create", { container });
    return container;
  }

  /** @internal */
  layerForRun(options: CheckedOptions): ContainerLayer | undefined {
    if (options.rootfs !== "writable") return undefined;
    return this.#host.layerFor(`run-${(nextRun++).toString(36)}`, options);
  }

  /** @internal Of a run that is audited, has quotas to count for, or services. */
  ledgerForRun(options: CheckedOptions, audit: boolean): GrantLedger | undefined {
    const isBounded = options.mounts.some(
      (mount) => mount.type === "bind" && mount.quota !== undefined,
    );
    return audit || isBounded || needsServices(options) ? this.#host.ledgerFor(options) : undefined;
  }

  /** @internal */
  deniedInRun(
    image: Image,
    options: CheckedOptions,
    ledger: GrantLedger | undefined,
    message: DenialMessage,
  ): void {
    const told = ledger === undefined ? toToldDenial(message, options) : ledger.denied(message);
    if (told !== undefined) this.#shared.events.emit("denied", { image, ...told });
  }

  /** @internal */
  loggedInRun(image: Image, record: LogRecord): void {
    this.#shared.events.emit("log", { image, ...record });
  }

  /** @internal */
  mayTellInRun(image: Image): boolean {
    let rate = this.#denialsInRuns.get(image);
    if (rate === undefined) {
      rate = new DenialRate(MAX_TOLD, this.#denials);
      this.#denialsInRuns.set(image, rate);
    }
    return rate.mayTell();
  }

  /** @internal Removes all containers, and what collected ones may have left. */
  async close(): Promise<void> {
    await Promise.all(this.list().map((container) => container.remove({ force: true })));
    await removeTree(this.#shared.layers);
  }
}

interface Forgotten {
  readonly id: string;
  readonly image: Image;
  readonly layer: ContainerLayer | undefined;
  readonly ledger: GrantLedger;
}

let nextRun = 1;
