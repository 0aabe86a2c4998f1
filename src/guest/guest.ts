import type { SafedockError } from "../base/errors.js";
import type { HostServices } from "../base/host-service.js";
import { TAKEN_STDERR, TAKEN_STDIN, TAKEN_STDOUT } from "../fs/policy-board.js";
import type { CompiledModule } from "./compiled-module.js";
import type { DenialAccount } from "./denial-account.js";
import type { DenialMessage } from "./denial-message.js";
import { GuestInput } from "./guest-input.js";
import { GuestOutput, type OutputSource } from "./guest-output.js";
import type { GuestReadable } from "./guest-readable.js";
import { GuestServices } from "./guest-services.js";
import type { GuestExit, GuestSpec } from "./guest-spec.js";
import type { GuestWorker } from "./guest-worker.js";
import type { HostCallListener } from "./host-call.js";
import type { SpinPolicy } from "./spin-policy.js";
import { TraceReader } from "./trace-reader.js";
import { KILLED, type Verdict } from "./verdict.js";

/** Streams of one guest. */
export interface GuestIo {
  /** Bytes that are all of stdin, or "stream" to write to `guest.stdin`; empty by default. */
  readonly stdin?: Uint8Array | "stream";
  /** Collect stdout and stderr from the beginning: nobody will read them as streams. False by default. */
  readonly collect?: boolean;
  /** Bytes of stdout and of stderr that are collected at most; the rest is dropped. 1 MiB by default. */
  readonly stdoutBytes?: number;
  readonly stderrBytes?: number;
  /** Is told of each call to the host, before the guest is over. */
  readonly onHostCall?: HostCallListener | undefined;
  /** What it may ask of the app; they are let go of when it is over. */
  readonly services?: HostServices | undefined;
  /** Is told of calls that were refused for want of a grant; before the guest is over. */
  readonly denied?: (message: DenialMessage) => void;
  /** Whether it bears one more denial that is to be told, which is counted then. Default: always. */
  readonly mayTellDenial?: () => boolean;
}

/** Collected output by default: enough for any log line that a person reads. */
const DEFAULT_COLLECT_BYTES = 2 ** 20;

/** What a guest asks of its pool. */
export interface GuestHost {
  kill(guest: Guest, verdict: Verdict): void;
  /** Looks at the guest's outputs soon. */
  look(): void;
  /** Polls until the worker has something to tell, for a moment. */
  spin(worker: GuestWorker, policy: SpinPolicy): void;
  hold(): void;
  unhold(): void;
}

/**
 * A process: started, running or over. A guest that nobody holds (no `wait`, no reader) does not keep
 * the app alive.
 */
export class Guest {
  readonly #host: GuestHost;
  readonly #stdout: GuestOutput;
  readonly #stderr: GuestOutput;
  readonly #stdin: GuestInput | undefined;
  #exit: GuestExit | undefined;
  #failure: SafedockError | undefined;
  #waiting: Promise<GuestExit> | undefined;
  #resolve: ((exit: GuestExit) => void) | undefined;
  #reject: ((error: SafedockError) => void) | undefined;
  #held = false;
  #background = false;
  #whenOver: (() => void) | undefined;

  /** @internal */ readonly spec: GuestSpec;
  /** @internal */ readonly module: CompiledModule;
  /** @internal stdout and stderr. */ readonly outputs: readonly [GuestOutput, GuestOutput];
  /** @internal */ readonly id: number;
  /** @internal */ readonly stdinBytes: Uint8Array | undefined;
  /** @internal */ readonly trace: TraceReader | undefined;
  /** @internal */ readonly services: GuestServices | undefined;
  /** @internal */ readonly denied: GuestIo["denied"];
  /** @internal */ readonly mayTellDenial: GuestIo["mayTellDenial"];
  /** @internal From its first denial on. */
  denials: DenialAccount | undefined;
  /** @internal */ worker: GuestWorker | undefined;
  /** @internal */ slot = -1;
  /** @internal When the app has seen that the program asked to exit, in monotonic ms. */
  exitingSince: number | undefined;
  /** @internal Set when it is ended from outside. */
  verdict: Verdict | undefined;

  /** @internal */
  constructor(host: GuestHost, id: number, spec: GuestSpec, module: CompiledModule, io: GuestIo) {
    this.#host = host;
    this.id = id;
    this.spec = spec;
    this.module = module;
    const source: OutputSource = { changed: this.#outputChanged, hold: this.#hold };
    const collect = io.collect === true;
    this.#stdout = new GuestOutput(source, io.stdoutBytes ?? DEFAULT_COLLECT_BYTES, collect);
    this.#stderr = new GuestOutput(source, io.stderrBytes ?? DEFAULT_COLLECT_BYTES, collect);
    this.outputs = [this.#stdout, this.#stderr];
    if (io.stdin === "stream") this.#stdin = new GuestInput();
    this.stdinBytes = io.stdin === "stream" ? undefined : io.stdin;
    this.trace = io.onHostCall === undefined ? undefined : new TraceReader(io.onHostCall);
    this.denied = io.denied;
    this.services = io.services === undefined ? undefined : new GuestServices(io.services);
    this.mayTellDenial = io.mayTellDenial;
  }

  /** Stdin to write to; undefined unless the guest was started with `stdin: "stream"`. */
  get stdin(): GuestInput | undefined {
    return this.#stdin;
  }

  get stdout(): GuestReadable {
    return this.#stdout.stream;
  }

  get stderr(): GuestReadable {
    return this.#stderr.stream;
  }

  /** What was collected of the outputs, and whether bytes over the cap were dropped. */
  get collected(): {
    readonly stdout: Buffer;
    readonly stderr: Buffer;
    readonly stdoutTruncated: boolean;
    readonly stderrTruncated: boolean;
  } {
    return {
      stdout: this.#stdout.collected(),
      stderr: this.#stderr.collected(),
      stdoutTruncated: this.#stdout.truncated,
      stderrTruncated: this.#stderr.truncated,
    };
  }

  /** How it ended; undefined while it has not. */
  get exit(): GuestExit | undefined {
    return this.#exit;
  }

  /**
   * Waits for the end. Outputs that nobody reads are collected up to their caps from now on. Rejects
   * with `ERR_WORKER_FAILED` alone, when it was not the guest that failed.
   */
  wait(): Promise<GuestExit> {
    if (this.#waiting !== undefined) return this.#waiting;
    if (this.#exit !== undefined) return (this.#waiting = Promise.resolve(this.#exit));
    if (this.#failure !== undefined) return (this.#waiting = Promise.reject(this.#failure));
    this.#hold();
    this.#stdout.collect();
    this.#stderr.collect();
    this.#waiting = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#waiting;
  }

  /** Ends the guest with code 137; nothing happens when it is over. */
  kill(): void {
    if (this.over) return;
    this.#host.kill(this, KILLED);
  }

  /** Polls for what it says next, if the policy finds that worth it. */
  spin(policy: SpinPolicy): void {
    if (this.worker !== undefined && policy.worthIt()) this.#host.spin(this.worker, policy);
  }

  /** From here on it never keeps the app alive, whoever waits for it or reads: that is somebody else's to say. */
  inBackground(): void {
    this.#background = true;
    if (!this.#held) return;
    this.#held = false;
    this.#host.unhold();
  }

  /** Wakes the guest from waiting for a stream that is among the TAKEN_* bits. */
  revoke(taken: number): void {
    if (this.over) return;
    if ((taken & TAKEN_STDIN) !== 0) this.#stdin?.revoke();
    if ((taken & TAKEN_STDOUT) !== 0) this.#stdout.revoke();
    if ((taken & TAKEN_STDERR) !== 0) this.#stderr.revoke();
  }

  /** Calls `tell` once, when the guest is over and before those who wait are told; at once if it is. */
  whenOver(tell: () => void): void {
    if (this.over) tell();
    else this.#whenOver = tell;
  }

  get over(): boolean {
    return this.#exit !== undefined || this.#failure !== undefined;
  }

  /** @internal The outputs are complete. */
  finish(exit: GuestExit): void {
    if (this.over) return;
    this.#exit = exit;
    this.#end();
    this.#resolve?.(exit);
  }

  /** @internal */
  fail(error: SafedockError): void {
    if (this.over) return;
    this.#failure = error;
    this.#end();
    this.#reject?.(error);
  }

  #end(): void {
    this.trace?.finish();
    this.services?.end();
    this.worker = undefined;
    this.#stdin?.finish();
    this.#stdout.finish(undefined, undefined, false);
    this.#stderr.finish(undefined, undefined, false);
    if (this.#held) this.#host.unhold();
    this.#whenOver?.();
  }

  readonly #hold = (): void => {
    if (this.#held || this.#background || this.over) return;
    this.#held = true;
    this.#host.hold();
  };

  readonly #outputChanged = (): void => {
    if (this.over) return;
    this.worker?.outputChanged(this);
    this.#host.look();
  };
}
