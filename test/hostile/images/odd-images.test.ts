/** Images that no tool makes: each is pulled and runs, or is refused with a code. */
import { isSafedockError, type Engine } from "safedock";
import { imageIndex, startRegistry, wasmImage, type ImageFixture } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestBytes } from "../../engine/guests.js";
import { makeTar, type TarFixtureEntry } from "../../layer/tar-fixture.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

let fixture: TestEngine;
let engine: Engine;
let hello: Uint8Array;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1, registry: { retries: 0 } });
  engine = fixture.engine;
  hello = await guestBytes("hello");
});

afterAll(() => fixture.close());

const base = () => ({ files: { "/hello.wasm": hello }, entrypoint: ["/hello.wasm"] });
const withLayer = (...entries: readonly TarFixtureEntry[]) =>
  wasmImage({ ...base(), layers: [makeTar(entries)] });
const many = <T>(count: number, item: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => item(index));

async function outcome(image: ImageFixture): Promise<string> {
  await using registry = await startRegistry();
  await registry.push("odd:1", image);
  try {
    const pulled = await engine.pullImage(`${registry.host}/odd:1`);
    const { reason, code } = await engine.run(pulled);
    return `${reason} ${code}`;
  } catch (error) {
    if (!isSafedockError(error)) throw error;
    return error.code;
  }
}

const cases: readonly (readonly [string, () => Promise<ImageFixture>, string])[] = [
  [
    "one layer a thousand times",
    () => wasmImage({ ...base(), layers: many(1000, () => makeTar([{ name: "a" }])) }),
    "exited 0",
  ],
  [
    "ten thousand entries of one name",
    () => withLayer(...many(10_000, () => ({ name: "a" }))),
    "exited 0",
  ],
  [
    "entries named as members of Object",
    () => withLayer({ name: "__proto__/constructor" }),
    "exited 0",
  ],
  [
    "an entry above the root",
    () => withLayer({ name: "../../hello.wasm", data: hello }),
    "exited 0",
  ],
  ["a whiteout of everything", () => withLayer({ name: ".wh..wh..opq" }), "ERR_IMAGE_NO_WASM"],
  ["a whiteout of the directory above", () => withLayer({ name: ".wh..." }), "ERR_LAYER_INVALID"],
  [
    "a hard link to itself",
    () => withLayer({ name: "x", type: "1", link: "x" }),
    "ERR_LAYER_INVALID",
  ],
  [
    "a hard link to a directory",
    () => withLayer({ name: "d/", type: "5" }, { name: "x", type: "1", link: "d" }),
    "ERR_LAYER_INVALID",
  ],
  [
    "an entrypoint behind a hundred links",
    () =>
      wasmImage({
        files: {
          "/hello.wasm": hello,
          ...Object.fromEntries(
            many(100, (n) => [`/l${n}`, { symlink: n === 99 ? "/hello.wasm" : `/l${n + 1}` }]),
          ),
        },
        entrypoint: ["/l0"],
      }),
    "ERR_ENTRYPOINT_MISSING",
  ],
  [
    "a hundred thousand variables",
    () => wasmImage({ ...base(), env: Object.fromEntries(many(100_000, (n) => [`V${n}`, "x"])) }),
    "ERR_CONFIG_INVALID",
  ],
  [
    "fifty indexes in one another",
    async () => {
      let index = imageIndex([{ image: await wasmImage(base()), platform: "wasi/wasm" }]);
      for (let depth = 1; depth < 50; depth++) index = imageIndex([{ image: index }]);
      return index;
    },
    "ERR_MANIFEST_INVALID",
  ],
];

describe("an image with", () => {
  test.each(cases)("%s", async (_, make, expected) => {
    expect(await outcome(await make())).toBe(expected);
  });
});
