import { fileURLToPath } from "node:url";
import type { Container, ContainerOptions, Engine, ExitStatus, Process } from "safedock";

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

/** Resolves when a process of the engine ends in that way: a guest may leave its worker at any time for lack of work. */
export function nextExit(engine: Engine, reason: ExitStatus["reason"] = "killed"): Promise<void> {
  return new Promise((resolve) => {
    const exited = ({ process }: { readonly process: Process }): void => {
      if (process.status?.reason !== reason) return;
      engine.off("exit", exited);
      resolve();
    };
    engine.on("exit", exited);
  });
}
