/** An image in a registry of this process, and an engine that pulls it. */
import { readdir } from "node:fs/promises";
import type { Engine, EngineOptions, Image, PullOptions } from "safedock";
import { startRegistry, wasmImage, type ImageFixture, type TestRegistry } from "safedock/testing";
import { guestBytes } from "../engine/guests.js";
import { openTestEngine } from "../support/test-engine.js";

export const REPOSITORY = "acme/hello";

export interface TrustFixture extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly engine: Engine;
  readonly folder: string;
  /** `127.0.0.1:PORT/acme/hello` */
  readonly repository: string;
  /** The repository with the tag 1. */
  readonly reference: string;
  /** What the tag points to. */
  readonly digest: string;
  pull(options?: PullOptions): Promise<Image>;
  /** Code and message of what a pull fails with; the store must be as it was. */
  refusal(options: PullOptions): Promise<{ code: string; message: string }>;
  /** Paths asked for since the last call, but for the API's own. */
  requests(): string[];
  /** Blobs asked for since the last call, but for those of signatures. */
  layersFetched(): string[];
}

export async function helloImage(label = "one"): Promise<ImageFixture> {
  const files = { "/hello.wasm": await guestBytes("hello"), "/label": label };
  return wasmImage({ files, entrypoint: ["/hello.wasm"] });
}

export async function trustFixture(
  options: EngineOptions | ((host: string) => EngineOptions) = {},
  image?: ImageFixture,
): Promise<TrustFixture> {
  const registry = await startRegistry();
  const made = image ?? (await helloImage());
  const { digest } = await registry.push(`${REPOSITORY}:1`, made);
  const own = typeof options === "function" ? options(registry.host) : options;
  const test = await openTestEngine({ workers: 1, registry: { retries: 0 }, ...own });
  const { engine, folder } = test;
  const repository = `${registry.host}/${REPOSITORY}`;
  const reference = `${repository}:1`;
  const listing = async () => (await readdir(engine.root, { recursive: true })).toSorted();
  let seen = 0;
  const requests = () => {
    const paths = registry.requests.slice(seen).map(({ path }) => path);
    seen = registry.requests.length;
    return paths.filter((path) => path !== "/v2/");
  };
  const blobs = new Set<string>(
    [made, ...made.images].flatMap((one) => Array.from(one.blobs.keys())),
  );
  return {
    ...{ registry, engine, folder, repository, reference, digest, requests },
    pull: (pullOptions) => engine.pullImage(reference, pullOptions),
    refusal: async (pullOptions) => {
      const before = await listing();
      try {
        await engine.pullImage(reference, pullOptions);
      } catch (error) {
        const after = await listing();
        if (JSON.stringify(after) !== JSON.stringify(before)) {
          throw new Error(`the store has changed: ${after.join(" ")}`, { cause: error });
        }
        const { code, message } = error as { code: string; message: string };
        return { code, message };
      }
      throw new Error("it was pulled");
    },
    layersFetched: () => requests().filter((path) => blobs.has(path.split("/blobs/")[1] ?? "")),
    [Symbol.asyncDispose]: async () => {
      await test.close();
      await registry.close();
    },
  };
}
