import type { Guest } from "../guest/guest.js";
import type { GuestInput } from "../guest/guest-input.js";
import type { SpinPolicy } from "../guest/spin-policy.js";
import type { GuestReadable } from "../guest/guest-readable.js";
import { toExitStatus, type ExitStatus } from "./exit-status.js";

/**
 * One program that runs in a container, or has run: what `container.start` and `container.exec` give.
 * A process that nobody reads from or waits for does not keep the app alive.
 */
export class Process {
  /** argv as the program sees it. */
  readonly args: readonly string[];
  /** Writable; `end()` gives the program the end of its input. */
  readonly stdin: GuestInput;
  readonly #guest: Guest;

  /** @internal */
  constructor(guest: Guest, stdin: GuestInput, args: readonly string[]) {
    this.#guest = guest;
    this.stdin = stdin;
    this.args = args;
  }

  /** Bytes, with back-pressure to the program; `lines()` gives text. */
  get stdout(): GuestReadable {
    return this.#guest.stdout;
  }

  /** As {@link Process.stdout}. */
  get stderr(): GuestReadable {
    return this.#guest.stderr;
  }

  /** What was kept of outputs that nobody read, at most `limits.stdoutBytes` and `stderrBytes`. */
  get captured(): {
    readonly stdout: Buffer;
    readonly stderr: Buffer;
    readonly truncated: boolean;
  } {
    const { stdout, stderr, stdoutTruncated, stderrTruncated } = this.#guest.collected;
    return { stdout, stderr, truncated: stdoutTruncated || stderrTruncated };
  }

  /** How it ended; undefined while it runs. */
  get status(): ExitStatus | undefined {
    return this.#guest.exit === undefined ? undefined : toExitStatus(this.#guest.exit);
  }

  /** Whether it has ended. */
  get over(): boolean {
    return this.#guest.over;
  }

  /** @internal From here on it never keeps the app alive. */
  inBackground(): void {
    this.#guest.inBackground();
  }

  /** @internal It was given what it may have done in less time than a wake-up takes. */
  spin(policy: SpinPolicy): void {
    this.#guest.spin(policy);
  }

  /** @internal Wakes it from waiting for a stream that was taken back: TAKEN_* bits. */
  revoke(taken: number): void {
    this.#guest.revoke(taken);
  }

  /**
   * Waits for the end. A non-zero code does not reject. From now on, an output that nobody reads is kept
   * in {@link Process.captured} up to its limit, and the rest dropped.
   *
   * @throws SafedockError `ERR_WORKER_FAILED` when it was not the program that failed.
   */
  async wait(): Promise<ExitStatus> {
    return toExitStatus(await this.#guest.wait());
  }

  /** Ends it at once, whatever it does: reason `killed`, code 137. Nothing happens when it is over. */
  async kill(): Promise<void> {
    this.#guest.kill();
    await this.#guest.wait().catch(() => undefined);
  }
}
