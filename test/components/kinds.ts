import { fileURLToPath } from "node:url";
import type { Container, ContainerOptions, Engine, ExitStatus, SafedockError } from "safedock";

/** The component with every kind of value, of test/guests/components/real/kinds.c. */
export const KINDS = fileURLToPath(
  new URL("../guests/components/real/kinds.wasm", import.meta.url),
);

/** What it imports, doing as little as can be. */
export const IMPORTS = {
  "acme:kinds/host": {
    log: () => undefined,
    lookup: (name: string) => name,
    addAll: (numbers: BigUint64Array) => numbers.reduce((sum, one) => sum + one, 0n),
  },
  notify: () => true,
};

export async function kindsIn(engine: Engine, options: ContainerOptions = {}): Promise<Container> {
  const image = await engine.loadImage(KINDS);
  return await engine.createContainer(image, { imports: IMPORTS, ...options });
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<SafedockError> {
  try {
    await promise;
  } catch (error) {
    return error as SafedockError;
  }
  throw new Error("it was not rejected");
}

/** The exit status of the instance that a call has ended with. */
export async function endOf(promise: Promise<unknown>): Promise<ExitStatus> {
  const error = await rejection(promise);
  if (error.code !== "ERR_CALL_TRAPPED") throw error;
  return (error.data as unknown as { status: ExitStatus }).status;
}
