import { setImmediate as nextTurn } from "node:timers/promises";
import type { Container, ExitStatus, Image, Process } from "safedock";
import { expect } from "vitest";
import { rejectionOf } from "../../support/thrown-by.js";

/** What a container's main program does. */
export const KINDS = ["read", "loop", "leave"] as const;
export type Kind = (typeof KINDS)[number];

interface Ended {
  readonly code: number;
  readonly reason: string;
}

const KILLED: Ended = { code: 137, reason: "killed" };
/** A grace that a program which waits for its input can meet on a busy machine. */
const LONG_GRACE_MS = 20_000;

function expectEnd(status: ExitStatus | undefined, end: Ended): void {
  expect(status).toMatchObject(end);
}

function expectSame(actual: unknown, wanted: unknown): void {
  expect(actual).toEqual(wanted);
}

async function expectRefused(call: Promise<unknown>): Promise<void> {
  expect(await rejectionOf(call)).toMatchObject({ code: "ERR_CONTAINER_STATE" });
}

/**
 * A container beside what it must be by its documentation. Each verb is called in every state: what it may not
 * do is refused with ERR_CONTAINER_STATE, and changes nothing.
 */
export class ContainerModel {
  readonly #files = new Map<string, string>();
  #main: Process | undefined;
  #mainEnd: Ended | undefined;
  #others: Process[] = [];
  #removed = false;

  private constructor(
    readonly container: Container,
    readonly kind: Kind,
  ) {}

  static readonly create = async (
    engine: { createContainer(image: Image, options: object): Promise<Container> },
    image: Image,
    kind: Kind,
  ): Promise<ContainerModel> =>
    new ContainerModel(await engine.createContainer(image, { args: [kind] }), kind);

  get #isMainRunning(): boolean {
    return this.#main !== undefined && this.#mainEnd === undefined;
  }

  get #isBusy(): boolean {
    return this.#isMainRunning || this.#others.length > 0;
  }

  async start(): Promise<void> {
    if (this.#removed || this.#isMainRunning) return expectRefused(this.container.start());
    this.#main = await this.container.start();
    this.#mainEnd = undefined;
    if (this.kind !== "leave") return;
    this.#mainEnd = { code: 3, reason: "exited" };
    expectEnd(await this.#main.wait(), this.#mainEnd);
  }

  async startAborted(): Promise<void> {
    const reason = new Error("not any more");
    const started = this.container.start({ signal: AbortSignal.abort(reason) });
    if (this.#removed || this.#isMainRunning) return expectRefused(started);
    expectSame(await rejectionOf(started), reason);
  }

  async startAndAbort(): Promise<void> {
    const controller = new AbortController();
    const started = this.container.start({ signal: controller.signal });
    if (this.#removed || this.#isMainRunning) return expectRefused(started);
    this.#main = await started;
    controller.abort();
    this.#mainEnd = KILLED;
    const end = await this.#main.wait();
    // A program that leaves by itself may have done so before.
    if (this.kind === "leave") this.#mainEnd = { code: end.code, reason: end.reason };
    expectEnd(end, this.#mainEnd);
  }

  async exec(): Promise<void> {
    const entry = this.container.exec(["/mischief.wasm", "leave"]);
    if (this.#removed) return expectRefused(entry);
    expectEnd(await (await entry).wait(), { code: 3, reason: "exited" });
  }

  async execAndStay(): Promise<void> {
    const entry = this.container.exec(["/mischief.wasm", "read"]);
    if (this.#removed) return expectRefused(entry);
    this.#others.push(await entry);
  }

  async endOthers(): Promise<void> {
    for (const other of this.#others.splice(0)) {
      other.stdin.end("x");
      expectEnd(await other.wait(), { code: 0, reason: "exited" });
    }
  }

  async wait(): Promise<void> {
    if (this.#main === undefined) return expectRefused(this.container.wait());
    if (this.#mainEnd !== undefined) expectEnd(await this.container.wait(), this.#mainEnd);
  }

  async endInput(): Promise<void> {
    if (this.kind !== "read" || !this.#isMainRunning) return;
    this.#main?.stdin.end();
    this.#mainEnd = { code: 0, reason: "exited" };
    expectEnd(await this.container.wait(), this.#mainEnd);
  }

  async stop(): Promise<void> {
    const graceMs = this.kind === "read" ? LONG_GRACE_MS : 10;
    if (this.#main === undefined) return expectRefused(this.container.stop({ graceMs }));
    this.#mainEnd ??= this.kind === "read" ? { code: 0, reason: "exited" } : KILLED;
    expectEnd(await this.container.stop({ graceMs }), this.#mainEnd);
  }

  async kill(): Promise<void> {
    const others = this.#others.splice(0);
    if (this.#isMainRunning) this.#mainEnd = KILLED;
    await this.container.kill();
    for (const other of others) expectEnd(other.status, KILLED);
  }

  async killTwice(): Promise<void> {
    await Promise.all([this.kill(), this.container.kill()]);
  }

  async remove(): Promise<void> {
    if (this.#isBusy && !this.#removed) return expectRefused(this.container.remove());
    await this.container.remove();
    this.#removed = true;
  }

  async removeByForce(): Promise<void> {
    if (this.#isMainRunning) this.#mainEnd = KILLED;
    this.#others = [];
    await Promise.all([
      this.container.remove({ force: true }),
      this.container[Symbol.asyncDispose](),
    ]);
    this.#removed = true;
  }

  async writeFile(name: string, content: string): Promise<void> {
    const written = this.container.fs.writeFile(`/${name}`, content);
    if (this.#removed) return expectRefused(written);
    await written;
    this.#files.set(name, content);
  }

  async readFiles(): Promise<void> {
    if (this.#removed) return expectRefused(this.container.fs.readFile("/any"));
    for (const [name, content] of this.#files) {
      expectSame((await this.container.fs.readFile(`/${name}`)).toString(), content);
    }
  }

  async commit(): Promise<void> {
    if (this.#removed || this.#isBusy) return expectRefused(this.container.commit());
    await this.container.commit();
  }

  /** Changes nothing of the container's life, in any state. */
  async takeBack(): Promise<void> {
    const revoke = () => this.container.revokeGrants(["random", "clock"]);
    if (this.#removed) return expectRefused(Promise.resolve().then(revoke));
    revoke();
    revoke();
    expectSame(this.container.inspect().grants.random.kind, "denied");
  }

  /** What an app does to the stdin of a program that is over: never an error that nobody can catch. */
  async writeToTheEnded(): Promise<void> {
    if (this.#mainEnd === undefined || this.#main?.stdin.writableEnded !== false) return;
    this.#main.stdin.write("late");
    await nextTurn();
  }

  /** All that the container says of itself. */
  check(): void {
    const { container } = this;
    const state =
      this.#main === undefined ? "created" : this.#mainEnd === undefined ? "running" : "exited";
    expectSame([container.state, container.inspect().state], [state, state]);
    if (this.#mainEnd === undefined) expectSame(this.#main?.status, undefined);
    else expectEnd(this.#main?.status, this.#mainEnd);
    const processes = this.#others.length + (this.#isMainRunning ? 1 : 0);
    expectSame(container.stats().processes, processes);
  }

  get listed(): boolean {
    return !this.#removed;
  }
}
