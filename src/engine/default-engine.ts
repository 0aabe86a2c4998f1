import { SafedockError } from "../base/errors.js";
import type { LoadSource } from "../image/load-source.js";
import type { Container } from "./container.js";
import type { ContainerOptions, RunOptions } from "./container-options.js";
import { openEngine, type Engine } from "./engine.js";
import type { EngineOptions, LoadOptions, PullOptions } from "./engine-options.js";
import type { RunResult } from "./exit-status.js";
import type { Image } from "./image.js";

let opening: Promise<Engine> | undefined;

/**
 * The engine of the free functions, opened on its first use. For scripts.
 *
 * @example
 * ```ts
 * const engine = await defaultEngine();
 * console.log(engine.root);
 * ```
 * @param options - count at the first call, before any of the free functions; default all defaults.
 * @throws SafedockError `ERR_OPTIONS_INVALID`, also for options that come too late: a policy that would
 * not hold must not look as if it did.
 */
export function defaultEngine(options?: EngineOptions): Promise<Engine> {
  if (options !== undefined && opening !== undefined) return Promise.reject(tooLate());
  opening ??= openEngine(options).catch((error: unknown) => {
    opening = undefined; // the next call may do better
    throw error;
  });
  return opening;
}

function tooLate(): SafedockError {
  return new SafedockError("ERR_OPTIONS_INVALID", "the default engine is open already", {
    data: { problems: ["options: must be given by the first call of defaultEngine"] },
    hint: "call defaultEngine(options) before pullImage, run and the others, or use openEngine",
  });
}

/** {@link Engine.pullImage} on the {@link defaultEngine}. */
export async function pullImage(reference: string, options?: PullOptions): Promise<Image> {
  return (await defaultEngine()).pullImage(reference, options);
}

/** {@link Engine.loadImage} on the {@link defaultEngine}. */
export async function loadImage(source: LoadSource, options?: LoadOptions): Promise<Image> {
  return (await defaultEngine()).loadImage(source, options);
}

/** {@link Engine.createContainer} on the {@link defaultEngine}. */
export async function createContainer(
  image: Image | string,
  options?: ContainerOptions,
): Promise<Container> {
  return (await defaultEngine()).createContainer(image, options);
}

/**
 * {@link Engine.run} on the {@link defaultEngine}.
 *
 * @example
 * ```ts
 * const image = await pullImage("ghcr.io/acme/hello:1.2");
 * const { stdout } = await run(image, { args: ["x"] });
 * ```
 */
export async function run(image: Image | string, options?: RunOptions): Promise<RunResult> {
  return (await defaultEngine()).run(image, options);
}
