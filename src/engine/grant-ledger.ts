import {
  USED_ARGS,
  USED_CLOCK,
  USED_ENV,
  USED_RANDOM,
  USED_SLEEP,
  USED_STDERR,
  USED_STDIN,
  USED_STDOUT,
} from "../fs/policy-board.js";
import type { DenialMessage } from "../guest/denial-message.js";
import { DenialRate } from "../guest/denial-rate.js";
import type { BoardRecords } from "./board-records.js";
import type { CheckedMount } from "./check-fs-grants.js";
import type { CheckedGrants } from "./check-grants.js";
import type { CheckedOptions } from "./check-options.js";
import type { ContainerAudit } from "./container-audit.js";
import { DenialTally } from "./denial-tally.js";
import { grantsOf } from "./grants-of.js";
import { ContainerServices, needsServices, type ServiceHosts } from "./process-services.js";
import { mountUses, NOTHING_USED, type UsedBits } from "./grant-uses.js";
import type { Narrowing } from "./narrow-grants.js";
import type { PolicyRecords } from "./policy-records.js";
import { NO_SERVICES_USED } from "./used-services.js";
import { type ToldDenial, toToldDenial } from "./refused-call.js";
import { seesImage } from "./sees-image.js";

/** Where records are taken from. */
export interface LedgerRecords {
  readonly policies: PolicyRecords;
  readonly boards: BoardRecords;
  /** Of all denials that an engine tells of. */
  readonly denials: DenialRate;
  readonly services: ServiceHosts;
}

/** Numbers of records, as a process is told them. */
export interface ProcessRecords {
  readonly policy: number | undefined;
  /** By the number of the mount in `options.mounts`; undefined for one without a quota. */
  readonly boards: readonly (number | undefined)[];
  /** How often its denials are told. */
  readonly denials?: DenialRate;
  /** What it may ask of the app; absent: nothing that the grants say. */
  readonly services?: ContainerServices;
}

/** Denials of one container that are told in a second; the rest is counted. */
export const MAX_TOLD = 100;

/** Of a run that nobody audits, without quotas. */
export const NO_RECORDS: ProcessRecords = Object.freeze({ policy: undefined, boards: [] });

/**
 * What of a container's grants holds, is used and was refused. Its records are taken with the first process
 * and given back by `release`: a container that never ran costs none. Does not hold the container.
 */
export class GrantLedger {
  readonly #records: LedgerRecords;
  /** What the container was made with: the numbers of mounts count in it. */
  readonly #granted: CheckedOptions;
  #present: CheckedOptions;
  #launch: CheckedOptions;
  #policy: number | undefined;
  #boards: (number | undefined)[] | undefined;
  #taken = 0;
  #mountBits: Map<string, number> | undefined;
  #tally: DenialTally | undefined;
  #denials: DenialRate | undefined;
  #services: ContainerServices | undefined;
  #used: UsedBits = NOTHING_USED;
  #processes = 0;

  constructor(records: LedgerRecords, granted: CheckedOptions) {
    this.#records = records;
    this.#granted = granted;
    this.#present = granted;
    this.#launch = granted;
  }

  /** With what the container was made. */
  get granted(): CheckedOptions {
    return this.#granted;
  }

  /** What is granted now. */
  get present(): CheckedOptions {
    return this.#present;
  }

  /** What a process starts with: a directory that was taken back is there, empty and closed to it. */
  get launch(): CheckedOptions {
    return this.#launch;
  }

  /**
   * The records of a process that is about to start.
   *
   * @throws SafedockError `ERR_QUEUE_FULL` when none is left
   */
  begin(): ProcessRecords {
    this.#takeBoards();
    if (this.#policy === undefined) {
      this.#policy = this.#records.policies.take();
      this.#mark();
    }
    this.#denials ??= new DenialRate(MAX_TOLD, this.#records.denials);
    const records = {
      policy: this.#policy,
      boards: this.#boards ?? NO_BOARDS,
      denials: this.#denials,
    };
    if (!needsServices(this.#granted)) return records;
    this.#services ??= new ContainerServices(this.#present, this.#records.services);
    return { ...records, services: this.#services };
  }

  /** A process has started. */
  started(): void {
    this.#processes++;
  }

  /** Counts refused calls; what is to be told of them. */
  denied(message: DenialMessage): ToldDenial | undefined {
    this.#tally ??= new DenialTally(this.#granted);
    this.#tally.add(message);
    return toToldDenial(message, this.#granted);
  }

  /** Grants less from here on: running processes see it at their next call. */
  narrow(next: CheckedGrants, { taken, mounts }: Narrowing): void {
    this.#present = { ...this.#present, ...next };
    const left = new Map(next.mounts.map((mount) => [mount.target, mount]));
    const closed = this.#granted.mounts.map(
      (mount) => left.get(mount.target) ?? closedMount(mount),
    );
    this.#launch = { ...this.#present, mounts: closed };
    this.#taken |= taken;
    this.#services?.narrow(next);
    this.#mountBits ??= new Map();
    for (const [target, bits] of mounts) {
      this.#mountBits.set(target, (this.#mountBits.get(target) ?? 0) | bits);
    }
    this.#mark();
  }

  /** What was used and refused so far. */
  audit(): ContainerAudit {
    const used = this.#policy === undefined ? this.#used : this.#read(this.#policy);
    const { others: bits } = used;
    return {
      grants: grantsOf(this.#present),
      processes: this.#processes,
      fs: mountUses(this.#granted, used),
      env: (bits & USED_ENV) !== 0,
      args: (bits & USED_ARGS) !== 0,
      clock: (bits & USED_CLOCK) !== 0,
      sleep: (bits & USED_SLEEP) !== 0,
      random: (bits & USED_RANDOM) !== 0,
      stdin: (bits & USED_STDIN) !== 0,
      stdout: (bits & USED_STDOUT) !== 0,
      stderr: (bits & USED_STDERR) !== 0,
      http: this.#services?.httpUses ?? [],
      ...(this.#services?.used ?? NO_SERVICES_USED),
      denials: this.#tally?.list() ?? [],
      otherDenials: this.#tally?.others ?? 0,
    };
  }

  /** Gives the records back; nothing may run on them. The audit stays. */
  release(): void {
    this.#services?.release();
    const { policies, boards } = this.#records;
    if (this.#policy !== undefined) {
      this.#used = this.#read(this.#policy);
      policies.release(this.#policy);
      this.#policy = undefined;
    }
    for (const board of this.#boards ?? NO_BOARDS) if (board !== undefined) boards.release(board);
    this.#boards = undefined;
  }

  /** A record for each mount with a quota; one that was narrowed may have got its quota later. */
  #takeBoards(): void {
    for (const [index, mount] of this.#launch.mounts.entries()) {
      if (mount.type !== "bind" || mount.quota === undefined) continue;
      this.#boards ??= [];
      this.#boards[index] ??= this.#records.boards.take();
    }
  }

  #read(policy: number): UsedBits {
    const record = this.#records.policies.read(policy);
    const count = this.#granted.mounts.length + (seesImage(this.#granted) ? 1 : 0);
    const mounts: number[] = [];
    for (let index = 0; index < count; index++) mounts.push(record.mount(index));
    return { others: record.used(), mounts };
  }

  /** Writes what was taken back where processes see it. */
  #mark(): void {
    if (this.#policy === undefined || this.#mountBits === undefined) return;
    const record = this.#records.policies.read(this.#policy);
    record.take(this.#taken);
    const first = seesImage(this.#granted) ? 1 : 0;
    for (const [index, { target }] of this.#granted.mounts.entries()) {
      const bits = this.#mountBits.get(target);
      if (bits !== undefined) record.markMount(index + first, bits);
    }
  }
}

const NO_BOARDS: readonly (number | undefined)[] = [];

/** Keeps its place and number; a process finds nothing in it, and its guard refuses even to look. */
function closedMount({ target }: CheckedMount): CheckedMount {
  return { type: "memory", target, maxBytes: 0, maxFiles: 0 };
}
