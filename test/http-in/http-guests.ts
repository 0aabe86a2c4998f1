import { fileURLToPath } from "node:url";
import type { Container, ContainerOptions, Engine } from "safedock";

/** Host path of a component that answers HTTP; it is checked in with its source. */
export function httpGuestPath(name: string): string {
  return fileURLToPath(new URL(`../guests/components/http/${name}.wasm`, import.meta.url));
}

export async function httpContainer(
  engine: Engine,
  name: string,
  options: ContainerOptions = {},
): Promise<Container> {
  return await engine.createContainer(await engine.loadImage(httpGuestPath(name)), options);
}

/** Resolves when the engine's next process has ended. */
export function nextExit(engine: Engine): Promise<void> {
  return new Promise((resolve) => engine.once("exit", () => resolve()));
}
