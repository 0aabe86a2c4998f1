import type { HostServices } from "../base/host-service.js";
import type { Location } from "../fs/resolve.js";
import type { DenialMessage } from "../guest/denial-message.js";
import type { GuestSpec } from "../guest/guest-spec.js";
import type { LogRecord } from "../services/logging-service.js";
import type { WorldTypes } from "../wasm/world/world-types.js";
import type { CheckedOptions } from "./check-options.js";
import type { CommitOptions } from "./commit-options.js";
import type { Container } from "./container.js";
import type { ContainerLayer } from "./container-layer.js";
import type { ExecOptions } from "./container-options.js";
import type { EngineEvents } from "./engine-events.js";
import type { GrantLedger, ProcessRecords } from "./grant-ledger.js";
import type { Image } from "./image.js";
import type { Process } from "./process.js";

/** What one process of a container is started from. */
export interface LaunchOrder {
  readonly image: Image;
  readonly options: CheckedOptions;
  readonly layer: ContainerLayer | undefined;
  /** argv of an `exec`; undefined for the image's own program. */
  readonly words: readonly string[] | undefined;
  readonly process: ExecOptions;
  /** Where its use of grants is noted. */
  readonly records: ProcessRecords;
  /** Services of this process alone, beside those of its grants. */
  readonly services?: HostServices;
  /** What a component is run as; by default as a command. */
  readonly program?: GuestSpec["program"];
}

/** The files of a container, as its guests see them, opened for the app. */
export interface OpenFiles {
  readonly root: Location | undefined;
  close(): void;
}

/** Is told of a process: `started` before `ended`, once each. */
export interface ProcessLife {
  started(process: Process): void;
  /** Calls of it were refused; before it has ended. */
  denied(process: Process, message: DenialMessage): void;
  /** It has logged something. */
  logged(process: Process, record: LogRecord): void;
  ended(process: Process): void;
}

/** What a container asks of its engine. */
export interface ContainerHost {
  assertOpen(): void;
  layerFor(id: string, options: CheckedOptions): ContainerLayer;
  ledgerFor(options: CheckedOptions): GrantLedger;
  launch(order: LaunchOrder, life: ProcessLife): Promise<Process>;
  openFiles(
    image: Image,
    options: CheckedOptions,
    layer: ContainerLayer | undefined,
  ): Promise<OpenFiles>;
  /** The root filesystem alone, without mounts. */
  openRoot(image: Image, layer: ContainerLayer | undefined): Promise<OpenFiles>;
  commit(image: Image, open: () => Promise<OpenFiles>, options: CommitOptions): Promise<Image>;
  /** The types of the component that the image's program is. */
  worldOf(image: Image, options: CheckedOptions): Promise<WorldTypes>;
  /** Whether the image's program is a component that answers HTTP requests. */
  hasHandler(image: Image, options: CheckedOptions): Promise<boolean>;
  /** The app is kept alive from `hold` to `unhold`. */
  hold(): void;
  unhold(): void;
  forget(container: Container): void;
  readonly started: EngineEvents["start"];
  readonly denied: EngineEvents["denied"];
  readonly logged: EngineEvents["log"];
  readonly exited: EngineEvents["exit"];
  readonly removed: EngineEvents["remove"];
}
