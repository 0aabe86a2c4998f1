import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { SafedockError } from "../base/errors.js";
import type { CheckedGrants } from "./check-grants.js";
import type { CheckedOptions } from "./check-options.js";
import type { CommitOptions, ContainerChange, ExportOptions } from "./commit-options.js";
import type { ContainerAudit } from "./container-audit.js";
import { ContainerCopies } from "./container-copies.js";
import { ContainerFiles } from "./container-files.js";
import type { ContainerLayer } from "./container-layer.js";
import type { ExecOptions, ProcessOptions } from "./container-options.js";
import type { ContainerHost, LaunchOrder, ProcessLife } from "./container-host.js";
import type { ComponentCalls } from "./component-calls.js";
import { checkText } from "./check-image.js";
import { inspectContainer, type ContainerInfo, type ContainerStats } from "./container-info.js";
import type { ExitStatus } from "./exit-status.js";
import type { GrantLedger } from "./grant-ledger.js";
import type { Grants } from "./grants.js";
import type { Image } from "./image.js";
import { MAX_TIMEOUT_MS } from "./limits.js";
import {
  checkExportOptions,
  checkProcessOptions,
  checkRemoveOptions,
  checkStopOptions,
} from "./check-process-options.js";
import { checkNarrowed, throwWider } from "./check-narrowed.js";
import { narrowing } from "./narrow-grants.js";
import { openExport } from "./open-export.js";
import type { ContainerHttp } from "./container-http.js";
import type { Process } from "./process.js";
import { asksOthers } from "./process-services.js";
import { reading } from "./read-options.js";
import { withoutGrants } from "./revoked-grants.js";
import type { FetchOptions, IncomingRequest, OutgoingResponse } from "../http/incoming-exchange.js";

/** Where a container is in its life; `start` after an exit leads back to `running`. */
export type ContainerState = "created" | "running" | "exited";

/** Options of `container.stop`. */
export interface StopOptions {
  /** How long the program may go on after its stdin has ended, in ms. Default 1,000. */
  readonly graceMs?: number;
}

/** Options of `container.remove`. */
export interface RemoveOptions {
  /** Kills what runs; without it, a running container is refused. Default false. */
  readonly force?: boolean;
}

/** A second is enough for a program that ends with its input, and short for a person who waits. */
const DEFAULT_GRACE_MS = 1000;
const NO_OPTIONS: ExecOptions = Object.freeze({});

/** 48 random bits, in hex: short enough to read, and no two alike in one engine. */
const ID_BYTES = 6;

/**
 * An image with grants, limits and files of its own. Made by `engine.createContainer`.
 *
 * As in Docker: created, running, exited; `start` after an exit runs it again on the same files. Unlike
 * Docker: `exec` works from creation until removal, also while nothing runs.
 *
 * @example
 * ```ts
 * await using container = await engine.createContainer(image);
 * await container.start();
 * const status = await container.wait();
 * console.log(status.code, status.usage.memoryBytes, container.inspect().state);
 * ```
 */
export class Container implements AsyncDisposable {
  readonly id = randomBytes(ID_BYTES).toString("hex");
  readonly image: Image;
  readonly createdAt = new Date();
  /** Reads and writes the container's files from the app, as `docker cp` does. */
  readonly fs: ContainerFiles;
  readonly #host: ContainerHost;
  /** @internal */
  readonly layer: ContainerLayer | undefined;
  /** @internal */
  readonly ledger: GrantLedger;
  /** Made with the first process, as `#launches` is: there may be very many containers that never run. */
  #processes: Set<Process> | undefined;
  #launches: Set<Promise<Process>> | undefined;
  #main: Process | undefined;
  /** True while `start` prepares the main process. */
  #starting = false;
  #removing: Promise<void> | undefined;
  #calling: Promise<ComponentCalls> | undefined;
  #calls: ComponentCalls | undefined;
  #opening: Promise<ContainerHttp> | undefined;
  #http: ContainerHttp | undefined;
  readonly #copies = new ContainerCopies();

  /** @internal */
  constructor(host: ContainerHost, image: Image, options: CheckedOptions) {
    this.#host = host;
    this.image = image;
    this.ledger = host.ledgerFor(options);
    this.layer = options.rootfs === "writable" ? host.layerFor(this.id, options) : undefined;
    this.fs = new ContainerFiles(this.id, () => {
      this.#assertThere("use the files of");
      return host.openFiles(image, this.ledger.launch, this.layer);
    });
  }

  get state(): ContainerState {
    if (this.#starting) return "running";
    if (this.#main === undefined) return "created";
    return this.#main.over ? "exited" : "running";
  }

  /**
   * Starts the image's program (`Entrypoint` with `args`, or with `Cmd`).
   *
   * @example
   * ```ts
   * const main = await container.start();
   * main.stdin.end("input");
   * for await (const line of main.stdout.lines()) console.log(line);
   * const { code, reason } = await main.wait();
   * ```
   * @throws SafedockError `ERR_CONTAINER_STATE` while it runs or once it is removed;
   * `ERR_ENTRYPOINT_MISSING`, `ERR_MODULE_INVALID`, `ERR_MODULE_TOO_LARGE`, `ERR_IMPORT_UNKNOWN`,
   * `ERR_COMPONENT_UNSUPPORTED`; `ERR_MOUNT_UNAVAILABLE`; `ERR_QUEUE_FULL`.
   */
  async start(options: ProcessOptions = {}): Promise<Process> {
    const read = checkProcessOptions("start", options);
    this.#assertThere("start");
    if (this.state === "running") throw this.#stateError("start", "wait for its end, or stop it");
    this.#starting = true;
    try {
      this.#main = await this.#launch(undefined, read);
    } finally {
      this.#starting = false;
    }
    return this.#main;
  }

  /**
   * Runs another program of the container over the same files and grants.
   *
   * @example
   * ```ts
   * const check = await container.exec(["/bin/check.wasm", "-v"], { env: { DEPTH: "2" } });
   * await check.wait();
   * console.log(check.captured.stdout.toString());
   * ```
   * @param args - argv; the first is the program's path in the container.
   * @throws SafedockError the codes of {@link Container.start}, but never for the container's running.
   */
  async exec(args: readonly string[], options: ExecOptions = {}): Promise<Process> {
    const read = checkProcessOptions("exec", options);
    this.#assertThere("exec in");
    return this.#launch(args, read);
  }

  /**
   * Waits for the end of the program that `start` started.
   *
   * @throws SafedockError `ERR_CONTAINER_STATE` if it was never started.
   */
  async wait(): Promise<ExitStatus> {
    if (this.#main === undefined) throw this.#stateError("wait for", "start it first");
    return this.#main.wait();
  }

  /** Ends the main program's stdin, waits for `graceMs`, then kills. Other processes go on. */
  async stop(options: StopOptions = {}): Promise<ExitStatus> {
    const { graceMs = DEFAULT_GRACE_MS } = checkStopOptions(options);
    const serving = this.#calls?.process;
    const main = this.#main ?? serving;
    if (main === undefined) throw this.#stateError("stop", "start it first");
    this.#calls?.finish();
    main.stdin.end();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(graceMs, MAX_TIMEOUT_MS));
    });
    try {
      await Promise.race([main.wait(), grace]);
    } finally {
      clearTimeout(timer);
    }
    await Promise.all([main.kill(), serving?.kill()]);
    return main.wait();
  }

  /** Kills all that runs in the container, at once: reason `killed`, code 137. */
  async kill(): Promise<void> {
    await Promise.all([...(this.#processes ?? [])].map((process) => process.kill()));
  }

  /**
   * Forgets the container and deletes its writable layer. Doing it twice is fine.
   *
   * @throws SafedockError `ERR_CONTAINER_STATE` if a process runs and `force` is not set.
   */
  async remove(options: RemoveOptions = {}): Promise<void> {
    const { force } = checkRemoveOptions(options);
    if (this.#removing === undefined) {
      if (this.#isRunning() && force !== true) {
        throw this.#stateError("remove", "stop it first, or pass force: true");
      }
      this.#removing = this.#remove();
    }
    await this.#removing;
  }

  /**
   * What the container's programs and `fs` have changed in the image's files, as `docker diff` lists it:
   * a directory before what is in it, by name. What was deleted with its directory is not listed. Mounts
   * are no part of it.
   *
   * @example
   * ```ts
   * for (const { kind, path } of await container.diff()) console.log(kind, path);
   * ```
   * @throws SafedockError `ERR_CONTAINER_STATE` once it is removed, and for another `rootfs` than
   * `"writable"`; `ERR_CONTAINER_FILE`
   */
  async diff(): Promise<ContainerChange[]> {
    this.#assertWritable("list the changes of");
    const { listChanges } = await import("./container-changes.js");
    return await listChanges(await this.#host.openRoot(this.image, this.layer));
  }

  /**
   * Makes an image of the container's image with one more layer: the changes that {@link Container.diff}
   * lists. Its config is the image's, with what the options say; grants and limits are no part of it.
   *
   * @example
   * ```ts
   * await container.fs.writeFile("/motd", "Welcome!\n");
   * const image = await container.commit({ reference: "acme/hello:changed", message: "a greeting" });
   * ```
   * @throws SafedockError `ERR_CONTAINER_STATE` while a process runs and `whileRunning` is not set, once
   * the container is removed, and for another `rootfs` than `"writable"`; `ERR_OPTIONS_INVALID`;
   * `ERR_CONTAINER_FILE` for a name that a layer cannot hold; `ERR_LAYER_*`, `ERR_ENTRYPOINT_MISSING`,
   * `ERR_BLOB_NOT_FOUND`. An abort rejects with `signal.reason`. Nothing is left behind then.
   */
  async commit(options: CommitOptions = {}): Promise<Image> {
    this.#assertWritable("commit");
    const whileRunning = reading("commit options", "options", () => options.whileRunning);
    const isBusy = this.#isRunning() || this.#isLaunching();
    if (isBusy && whileRunning !== true) {
      throw this.#stateError("commit", "wait for its end, or pass whileRunning: true");
    }
    const open = () => this.#host.openRoot(this.image, this.layer);
    // Awaited: a container that the app has forgotten must not lose its files meanwhile.
    return await this.#copies.commit(this.#host.commit(this.image, open, options));
  }

  /**
   * A tar of the container's whole root filesystem, as `docker export` gives it: the image's files with all
   * changes, without mounts. It is made as it is read. Close it (`destroy`) if you do not read it to its
   * end; the container's removal ends it with an error.
   *
   * @example
   * ```ts
   * for await (const chunk of container.export()) console.log(chunk.length);
   * ```
   * @throws SafedockError `ERR_CONTAINER_STATE` once it is removed, and for `rootfs: "none"`. What fails
   * later, `ERR_CONTAINER_FILE` and `ERR_STORE_INVALID`, ends the stream.
   */
  export(options: ExportOptions = {}): Readable {
    const { signal } = checkExportOptions(options);
    this.#assertThere("export");
    if (this.ledger.granted.rootfs === "none") {
      throw this.#stateError("export", 'its rootfs is "none": there is nothing to export');
    }
    const open = async () => {
      this.#assertThere("export");
      return this.#host.openRoot(this.image, this.layer);
    };
    const stream = openExport(open, signal);
    this.#copies.exporting(stream);
    // Whoever holds the stream holds the container, and with it the files.
    return stream.once("close", () => this.#copies.exported(stream));
  }

  /**
   * Calls a function that the container's component exports. Values are as jco maps the component's types: a
   * record is an object, a variant `{ tag, val }`, an enum a string, flags an object of booleans, an option the
   * value or undefined, `list<u8>` a Uint8Array, u64 and s64 are bigints, and a resource is a
   * {@link ComponentResource}. Of a function with a result type, the promise is that result.
   *
   * The first call makes the container's instance, which stays, on a worker of its own, until `stop`, `kill` or
   * `remove`, until it traps or meets a limit; the next call makes another one then. Calls are done one after the
   * other. `limits.timeoutMs` and `cpuMs` hold for each; waiting for the next takes none of them.
   *
   * @example
   * ```ts
   * await using container = await engine.createContainer(await engine.loadImage("./kinds.wasm"), { imports });
   * const sum = await container.call("add", 1, 2);
   * const ada = { name: "Ada", age: 36, email: undefined, tags: [] };
   * const same = await container.call("acme:kinds/values#echo-person", ada);
   * ```
   * @param name - a function of the world, or of an exported interface as `interface#function`; any version
   * compatible with the one that is named does.
   * @throws SafedockError `ERR_CALL_INVALID` when there is no such function, or an argument does not fit its type;
   * `ERR_CALL_FAILED` with the error of its result as `data.payload`; `ERR_CALL_TRAPPED` with the exit status as
   * `data.status` when the instance ended; `ERR_QUEUE_FULL`; the codes of {@link Container.start}.
   */
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    this.#assertThere("call");
    checkText("call: name", name);
    const calls = this.#calls ?? (await (this.#calling ??= this.#openCalls()));
    return await calls.call(name, args);
  }

  /** What the container is: grants, limits, image and state, as plain data. */
  inspect(): ContainerInfo {
    return inspectContainer(this, this.ledger.present, this.#main?.status);
  }

  /**
   * What its processes have used of their grants so far, and what they were refused; killed ones too. It
   * still answers when the container is removed.
   *
   * @example
   * ```ts
   * const { fs, clock, denials } = container.audit();
   * for (const { target, read, changed } of fs) console.log(target, read, changed, clock);
   * for (const { call, path, count } of denials) console.log(call, path, count);
   * ```
   */
  audit(): ContainerAudit {
    return this.ledger.audit();
  }

  /**
   * Leaves the container less than it is granted: `next` is all that it keeps. Running processes see it at
   * their next call, those that wait for a stream at once; later ones start with it. The environment and
   * the arguments of a running process stay what they are.
   *
   * What running processes cannot be made to do without: a smaller quota, a sub-path, create-only in place
   * of read-write, a host clock of another kind, a stream that becomes `"null"`.
   *
   * @example
   * ```ts
   * container.narrowGrants({ random: "denied", stdio: { stdin: "denied" } });
   * ```
   * @param next - a value of a secret may be what `inspect` shows in its place.
   * @throws SafedockError `ERR_OPTIONS_INVALID` that names all that is not granted now;
   * `ERR_CONTAINER_STATE` while a process runs that cannot be made to do without, and once the container is
   * removed. Nothing is changed then.
   */
  narrowGrants(next: Grants): void {
    this.#assertThere("narrow the grants of");
    this.#narrow(checkNarrowed(this.ledger.present, next));
  }

  /**
   * Takes grants back: `clock` (it stands still), `random`, `args`, `stdin`, `stdout`, `stderr`, and by
   * name `fs:/data` and `env:LOG`. Who is refused what, and when, is as with {@link Container.narrowGrants}.
   * Taking back twice is fine.
   *
   * @example
   * ```ts
   * container.revokeGrants(["clock", "stdin"]);
   * ```
   * @throws SafedockError `ERR_OPTIONS_INVALID` with all names that are none of the container's grants;
   * `ERR_CONTAINER_STATE` once it is removed.
   */
  revokeGrants(names: readonly string[]): void {
    this.#assertThere("take back grants of");
    const { granted, present } = this.ledger;
    this.#narrow(withoutGrants(granted, present, names));
  }

  /**
   * Answers an HTTP request, without a socket: a component of `wasi:http` by its handler, any other program by
   * CGI (RFC 3875). Each request has an instance of its own. Bodies are streamed both ways; the guest goes
   * on while its answer is read. The request's signal ends it, and so does a cancelled body of the answer.
   *
   * @example
   * ```ts
   * const response = await container.fetch("/hello?name=Ada").catch((error) => error);
   * console.log(response instanceof Response ? await response.text() : response);
   * ```
   * @param input - as `fetch` takes it, or a path, which is asked of `http://localhost`
   * @throws SafedockError `ERR_HTTP_REQUEST_INVALID`; `ERR_HTTP_RESPONSE_INVALID` for an answer that is none;
   * `ERR_HTTP_TRAPPED` and `ERR_HTTP_TIMEOUT` for a guest that ended before it answered (later, they end the
   * body of the answer); the codes of {@link Container.start}. An abort rejects with `signal.reason`.
   */
  async fetch(input: Request | string | URL, init?: RequestInit & FetchOptions): Promise<Response> {
    this.#assertThere("ask");
    const { fetchFrom } = await import("../http/fetch-from.js");
    return await fetchFrom((request) => this.answer(request), input, init);
  }

  /** @internal As `fetch`, without the objects of the web. */
  async answer(request: IncomingRequest): Promise<OutgoingResponse> {
    this.#assertThere("ask");
    const http = this.#http ?? (await (this.#opening ??= this.#openHttp()));
    return await http.answer(request);
  }

  /** What it uses now. */
  stats(): ContainerStats {
    const { bytes, files } = this.layer?.usage() ?? { bytes: 0, files: 0 };
    return { processes: this.#processes?.size ?? 0, writableBytes: bytes, writableFiles: files };
  }

  /** As `remove` with `force`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.remove({ force: true });
  }

  #isRunning(): boolean {
    if (this.#starting) return true;
    // An instance that has nothing to do is no reason to wait.
    const idle = this.#calls?.isBusy === false ? this.#calls.process : undefined;
    return [...(this.#processes ?? [])].some(
      (process) => !process.over && process !== idle && this.#http?.isIdle(process) !== true,
    );
  }

  async #openCalls(): Promise<ComponentCalls> {
    const { ComponentCalls } = await import("./component-calls.js");
    const program = "calls";
    this.#calls = new ComponentCalls({
      world: () => this.#host.worldOf(this.image, this.ledger.launch),
      launch: async (services) => {
        this.#assertThere("call");
        return await this.#launch(undefined, NO_OPTIONS, { program, services });
      },
      hold: () => this.#host.hold(),
      unhold: () => this.#host.unhold(),
    });
    return this.#calls;
  }

  #isLaunching(): boolean {
    return this.#launches !== undefined && this.#launches.size > 0;
  }

  #narrow(next: CheckedGrants): void {
    const change = narrowing(this.ledger.present, next);
    throwWider(change.wider);
    const [first] = change.atRest;
    if (first !== undefined && (this.#isRunning() || this.#isLaunching())) {
      const what = change.atRest.join(", ");
      throw this.#stateError("narrow the grants of", `while it runs, this must stay: ${what}`);
    }
    this.ledger.narrow(next, change);
    for (const process of this.#processes ?? []) process.revoke(change.taken);
    // The next request gets what is granted now.
    this.#http?.close();
  }

  async #openHttp(): Promise<ContainerHttp> {
    const { ContainerHttp } = await import("./container-http.js");
    const { launch } = this.ledger;
    const names = this.image.environment.map((line) => line.slice(0, line.indexOf("=")));
    this.#http = new ContainerHttp(
      {
        variables: new Set([...names, ...launch.env.keys(), ...launch.inheritEnv]),
        hasHandler: () => this.#host.hasHandler(this.image, launch),
        launch: (options) => {
          this.#assertThere("ask");
          return this.#launch(undefined, options);
        },
        serve: async (program, options, services) => {
          this.#assertThere("ask");
          return await this.#launch(undefined, options, { program, services });
        },
        asksOthers: asksOthers(launch),
        hold: () => this.#host.hold(),
        unhold: () => this.#host.unhold(),
      },
      launch.serving,
    );
    return this.#http;
  }

  async #committed(): Promise<void> {
    while (this.#copies.committing !== undefined) await this.#copies.committing;
    if (this.#removing !== undefined) throw this.#stateError("start", "it was removed meanwhile");
  }

  async #launch(
    words: readonly string[] | undefined,
    options: ExecOptions,
    served?: Pick<LaunchOrder, "program" | "services">,
  ): Promise<Process> {
    if (this.#copies.committing !== undefined) await this.#committed();
    const { image, layer, ledger } = this;
    const records = ledger.begin();
    const launch = this.#host.launch(
      { image, options: ledger.launch, layer, words, process: options, records, ...served },
      this.#life,
    );
    const launches = (this.#launches ??= new Set());
    launches.add(launch);
    const process = await launch.finally(() => launches.delete(launch));
    if (this.#removing !== undefined) {
      await process.kill();
      throw this.#stateError("start", "it was removed meanwhile");
    }
    return process;
  }

  /** A container in which something runs is never collected: the process holds on to this. */
  get #life(): ProcessLife {
    return {
      started: (process) => {
        this.#processes ??= new Set();
        this.#processes.add(process);
        this.ledger.started();
        this.#host.started({ container: this, process });
      },
      denied: (process, message) => {
        const told = this.ledger.denied(message);
        if (told === undefined) return;
        this.#host.denied({ container: this, process, image: this.image, ...told });
      },
      logged: (process, record) => {
        this.#host.logged({ container: this, process, image: this.image, ...record });
      },
      ended: (process) => {
        this.#processes?.delete(process);
        this.#host.exited({ container: this, process });
      },
    };
  }

  async #remove(): Promise<void> {
    this.#host.forget(this);
    this.#http?.close();
    // What is being started still has to be stopped: nothing may run on a layer that is gone.
    if (this.#launches !== undefined) await Promise.allSettled(this.#launches);
    await this.kill();
    await this.#copies.end(this.#stateError("export", "it is removed"));
    this.ledger.release();
    await this.layer?.release();
    this.#host.removed({ container: this });
  }

  #assertThere(verb: string): void {
    this.#host.assertOpen();
    if (this.#removing !== undefined) throw this.#stateError(verb, "it is removed");
  }

  #assertWritable(verb: string): void {
    this.#assertThere(verb);
    const { rootfs } = this.ledger.granted;
    if (rootfs === "writable") return;
    const why = {
      memory: "each process has changes of its own",
      "read-only": "nothing can change",
      none: "there are no files",
    };
    throw this.#stateError(verb, `its rootfs is "${rootfs}": ${why[rootfs]}`);
  }

  #stateError(verb: string, hint: string): SafedockError {
    const state = this.#removing === undefined ? this.state : "removed";
    return new SafedockError(
      "ERR_CONTAINER_STATE",
      `cannot ${verb} container ${this.id}: it is ${state}`,
      {
        data: { id: this.id, state, verb },
        hint,
      },
    );
  }
}
