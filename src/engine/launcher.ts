import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { isSafedockError, SafedockError } from "../base/errors.js";
import { throwLater } from "../base/throw-later.js";
import type { CompiledModule, ModuleSource } from "../guest/compiled-module.js";
import { IMPORTS_SERVICE } from "../guest/call-message.js";
import type { Guest, GuestIo } from "../guest/guest.js";
import type { GuestSpec } from "../guest/guest-spec.js";
import type { GuestPool } from "../guest/pool.js";
import type { ImageStore } from "../image/image-store.js";
import type { Mount } from "../mount.js";
import type { WorldTypes } from "../wasm/world/world-types.js";
import { checkArguments, checkedArguments, checkEnvironment } from "./check-environment.js";
import type { CheckedMount } from "./check-fs-grants.js";
import type { CheckedOptions } from "./check-options.js";
import type { CompileOptions, ComponentCompiler } from "./component-compiler.js";
import type { LaunchOrder, OpenFiles } from "./container-host.js";
import type { ContainerLayer } from "./container-layer.js";
import type { MatchedImports } from "./host-imports.js";
import { findImageProgram, findWrittenProgram, type Program } from "./find-program.js";
import type { ServiceListener } from "./granted-services.js";
import type { Image } from "./image.js";
import { environmentOf, mountsOf, planProcess, rootMount } from "./plan-process.js";
import { plainCopy } from "./plain-copy.js";
import { Problems } from "./problems.js";
import { ServiceDenials } from "./service-denials.js";

/** A guest that was started, with the argv it got. */
export interface Launched {
  readonly guest: Guest;
  readonly args: readonly string[];
}

type Logged = ServiceListener["logged"];

/** From a container's options to a guest in the pool: mounts, program, module, order. */
export class Launcher {
  readonly #pool: GuestPool;
  readonly #store: ImageStore;
  #components: Promise<ComponentCompiler> | undefined;
  #opener: Promise<typeof import("./open-files.js")> | undefined;

  constructor(pool: GuestPool, store: ImageStore) {
    this.#pool = pool;
    this.#store = store;
  }

  /** `logged` is told what the guest logs, after the option `onLog`. */
  async launch(order: LaunchOrder, io: GuestIo, logged: Logged): Promise<Launched> {
    const arrived = this.#pool.expect();
    try {
      return await this.#launch(order, io, logged);
    } finally {
      arrived();
    }
  }

  async #launch(order: LaunchOrder, io: GuestIo, logged: Logged): Promise<Launched> {
    const { image, options, layer, records } = order;
    const { words, more } = checkMore(order);
    const mounts = mountsOf(image, options, layer, records.boards);
    if (options.mounts.length > 0) await checkSources(mounts);
    const program = await this.#find(order, words ?? options.command, mounts);
    const module = await this.compile(program, options, order.process.signal);
    const env = environmentOf(image, options, more);
    const { args, entry } = program;
    const shared = records.services;
    const imports = await this.#importsOf(module, options);
    const own =
      imports === undefined
        ? order.services
        : new Map([...(order.services ?? []), [IMPORTS_SERVICE, imports.service] as const]);
    const services =
      shared === undefined ? own : await shared.open(listenerOf(options, io, logged), own);
    const planned = planProcess(options, mounts, env, args, entry, records.policy, services);
    const spec =
      module.component === undefined ? planned : asComponent(planned, order, imports?.names);
    const whole = services === undefined ? io : { ...io, services };
    return { guest: this.#pool.start(spec, module, whole), args: spec.args };
  }

  /** Compiled once per module; the pool keeps them. */
  compile(
    { source, isComponent }: Program,
    { limits }: CheckedOptions,
    signal?: AbortSignal,
  ): Promise<CompiledModule> {
    const options = {
      maxBytes: limits.moduleBytes,
      tableElements: limits.tableElements,
      timeoutMs: limits.compileMs,
      ...(signal === undefined ? undefined : { signal }),
    };
    if (isComponent) return this.#compileComponent(source, options);
    return this.#pool.compile(source, options);
  }

  async #compileComponent(source: ModuleSource, options: CompileOptions): Promise<CompiledModule> {
    this.#components ??= import("./component-compiler.js").then(
      ({ ComponentCompiler }) => new ComponentCompiler(this.#pool, this.#store.content),
    );
    return (await this.#components).compile(source, options);
  }

  /** Finds and compiles the image's program, so that what cannot run is refused before it is started. */
  async prepare(image: Image, options: CheckedOptions, signal?: AbortSignal): Promise<void> {
    if (options.mounts.length > 0) {
      await checkSources(options.mounts);
      // A mount may hold the program that was named: it is looked for when it starts.
      if (options.command !== undefined) return;
    }
    const module = await this.#compileImage(image, options, signal);
    await this.#importsOf(module, options);
  }

  /**
   * The types of the component that the image's program is.
   *
   * @throws SafedockError `ERR_CALL_INVALID` for a core module
   */
  async worldOf(image: Image, options: CheckedOptions): Promise<WorldTypes> {
    const { name, component } = await this.#compileImage(image, options, undefined);
    if (component !== undefined) return component.types;
    const problem = "it is a core module, whose functions have no types";
    throw new SafedockError("ERR_CALL_INVALID", `${name} cannot be called: ${problem}`, {
      data: { function: "", problem },
      hint: "run it, or make a component of it",
    });
  }

  /**
   * Whether the image's program is a component that answers HTTP requests.
   *
   * @throws SafedockError `ERR_MODULE_INVALID` for a component that is no program either, which could by CGI
   */
  async hasHandler(image: Image, options: CheckedOptions): Promise<boolean> {
    if (options.mounts.length > 0 && options.command !== undefined) return false;
    const { name, component } = await this.#compileImage(image, options, undefined);
    if (component === undefined) return false;
    if (component.programs.includes("http")) return true;
    if (component.programs.includes("command")) return false;
    const { noHandler } = await import("./no-handler.js");
    throw noHandler(name, component.types.exports);
  }

  /** The app is kept alive from `hold` to `unhold`. */
  hold(): void {
    this.#pool.hold();
  }

  unhold(): void {
    this.#pool.unhold();
  }

  async #compileImage(
    image: Image,
    options: CheckedOptions,
    signal: AbortSignal | undefined,
  ): Promise<CompiledModule> {
    const program = await findImageProgram(this.#store, image, options.args, options.command);
    return await this.compile(program, options, signal);
  }

  /** Only components import functions of the app. */
  async #importsOf(
    module: CompiledModule,
    { imports }: CheckedOptions,
  ): Promise<MatchedImports | undefined> {
    if (module.component === undefined) return undefined;
    const { matchImports } = await import("./host-imports.js");
    return matchImports(module, imports);
  }

  async openFiles(
    image: Image,
    options: CheckedOptions,
    layer: ContainerLayer | undefined,
  ): Promise<OpenFiles> {
    return this.#openFiles(mountsOf(image, options, layer));
  }

  /** The root filesystem alone; the layer's side of it only if there is one. */
  openRoot(image: Image, layer: ContainerLayer | undefined): Promise<OpenFiles> {
    return this.#openFiles([rootMount(image, layer?.written() === true ? layer : undefined)]);
  }

  /** Closes the images that were opened for the app's own look at files. */
  async close(): Promise<void> {
    (await this.#opener)?.closeImages();
  }

  /** Only an app that looks into containers needs the filesystem in its own thread. */
  async #openFiles(mounts: readonly Mount[]): Promise<OpenFiles> {
    this.#opener ??= import("./open-files.js");
    return (await this.#opener).openFiles(mounts, this.#pool.board);
  }

  async #find(
    { image, options, layer }: LaunchOrder,
    words: readonly string[] | undefined,
    mounts: readonly Mount[],
  ): Promise<Program> {
    const ofImage = () => findImageProgram(this.#store, image, options.args, words);
    if (words === undefined) return ofImage();
    const path = posix.resolve("/", image.config.WorkingDir ?? "", words[0] ?? "");
    const covered =
      layer?.written() === true || options.mounts.some(({ target }) => covers(target, path));
    const written = () => this.#findWritten(image, options, mounts, words);
    if (covered) return (await written()) ?? ofImage();
    try {
      return await ofImage();
    } catch (error) {
      // A link of the image may lead into a mount.
      const mounted = options.mounts.length > 0 && isSafedockError(error, "ERR_ENTRYPOINT_MISSING");
      const found = mounted ? await written() : undefined;
      if (found === undefined) throw error;
      return found;
    }
  }

  async #findWritten(
    image: Image,
    { limits, rootfs }: CheckedOptions,
    mounts: readonly Mount[],
    words: readonly string[],
  ): Promise<Program | undefined> {
    if (rootfs === "none" && mounts.length === 0) return undefined;
    const files = await this.#openFiles(mounts);
    try {
      return await findWrittenProgram(
        files,
        words,
        image.config.WorkingDir ?? "",
        limits.moduleBytes,
      );
    } finally {
      files.close();
    }
  }
}

function listenerOf({ onLog }: CheckedOptions, io: GuestIo, logged: Logged): ServiceListener {
  const denials = new ServiceDenials(io);
  if (onLog === undefined) return { denials, logged };
  return {
    denials,
    logged: (record) => {
      try {
        onLog(record);
      } catch (error) {
        throwLater(error);
      }
      logged(record);
    },
  };
}

function asComponent(
  planned: GuestSpec,
  { program }: LaunchOrder,
  hostFunctions: GuestSpec["hostFunctions"],
): GuestSpec {
  return {
    ...planned,
    ...(program === undefined ? undefined : { program }),
    ...(hostFunctions === undefined ? undefined : { hostFunctions }),
  };
}

function covers(target: string, path: string): boolean {
  return target === "/" || `${path}/`.startsWith(`${target}/`);
}

/** What `exec` was given beside the container's options, in copies that were checked. */
function checkMore({ words, process: { env }, options }: LaunchOrder): {
  readonly words: readonly string[] | undefined;
  readonly more: ReadonlyMap<string, string> | undefined;
} {
  if (words === undefined && env === undefined) return NOTHING_MORE;
  const problems = new Problems();
  const args =
    words === undefined
      ? undefined
      : checkArguments("args", plainCopy("args", words, problems), problems);
  const more =
    env === undefined
      ? undefined
      : checkEnvironment("env", plainCopy("env", env, problems), problems).env;
  checkedArguments(args, new Map([...options.env, ...(more ?? [])]), problems);
  problems.throwIfAny("exec options");
  return { words: args, more };
}

const NOTHING_MORE = Object.freeze({ words: undefined, more: undefined });

async function checkSources(mounts: readonly (Mount | CheckedMount)[]): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== "bind") continue;
    const { source, target } = mount;
    const found = await stat(source).catch((cause: unknown) => {
      throw unavailable(source, target, "cannot be opened", cause);
    });
    if (!found.isDirectory()) throw unavailable(source, target, "is no directory");
  }
}

function unavailable(source: string, target: string, why: string, cause?: unknown): SafedockError {
  return new SafedockError(
    "ERR_MOUNT_UNAVAILABLE",
    `the source ${source} of the mount ${target} ${why}`,
    {
      data: { source, target },
      hint: "make the directory, or change grants.fs",
      cause,
    },
  );
}
