import type { Container } from "./container.js";
import type { ContainerOptions, RunOptions } from "./container-options.js";
import { openEngine, type Engine } from "./engine.js";
import type { LoadOptions, PullOptions } from "./engine-options.js";
import type { RunResult } from "./exit-status.js";
import type { Image } from "./image.js";

let opening: Promise<Engine> | undefined;

/** The engine of the free functions, opened on its first use with all defaults. For scripts. */
export function defaultEngine(): Promise<Engine> {
  opening ??= openEngine().catch((error: unknown) => {
    opening = undefined; // the next call may do better
    throw error;
  });
  return opening;
}

/** {@link Engine.pullImage} on the {@link defaultEngine}. */
export async function pullImage(reference: string, options?: PullOptions): Promise<Image> {
  return (await defaultEngine()).pullImage(reference, options);
}

/** {@link Engine.loadImage} on the {@link defaultEngine}. */
export async function loadImage(
  source: string | Uint8Array,
  options?: LoadOptions,
): Promise<Image> {
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
