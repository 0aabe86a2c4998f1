import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { parseImageConfig } from "../../src/oci/image-config.js";
import { MAX_LAYERS, MAX_MANIFEST_BYTES, parseManifest } from "../../src/oci/manifest.js";
import {
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../src/oci/media-types.js";
import { thrownBy } from "../support/thrown-by.js";

const digest = `sha256:${"ab".repeat(32)}`;
const config = { mediaType: OCI_CONFIG, digest, size: 10 };
const layer = { mediaType: OCI_LAYER_GZIP, digest, size: 20 };
const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  mediaType: OCI_INDEX,
  manifests: [
    { mediaType: OCI_MANIFEST, digest, size: 1, platform: { os: "wasi", architecture: "wasm" } },
  ],
};
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("parseManifest", () => {
  it("reads an OCI manifest", () => {
    expect(parseManifest(bytes(manifest), OCI_MANIFEST)).toEqual({
      kind: "manifest",
      mediaType: OCI_MANIFEST,
      config,
      layers: [layer],
    });
  });

  it("reads Docker's manifest and its list", () => {
    const docker = { ...manifest, mediaType: DOCKER_MANIFEST };
    expect(parseManifest(bytes(docker), `${DOCKER_MANIFEST}; charset=utf-8`).kind).toBe("manifest");
    const list = { ...index, mediaType: DOCKER_INDEX };
    expect(parseManifest(bytes(list), DOCKER_INDEX).kind).toBe("index");
  });

  it("takes the kind from the transport, then from the shape, when the document is silent", () => {
    const { mediaType: _, ...silent } = manifest;
    expect(parseManifest(bytes(silent), DOCKER_MANIFEST).mediaType).toBe(DOCKER_MANIFEST);
    expect(parseManifest(bytes(silent)).mediaType).toBe(OCI_MANIFEST);
    const { mediaType: __, ...silentIndex } = index;
    expect(parseManifest(bytes(silentIndex), "application/json").mediaType).toBe(OCI_INDEX);
  });

  it.each<[string, unknown, string | undefined, RegExp]>([
    ["an index served as a manifest", index, OCI_MANIFEST, /came as/],
    ["an index with layers", { ...index, layers: [layer] }, undefined, /\$\.layers: has no place/],
    ["a manifest with manifests", { ...manifest, manifests: [] }, undefined, /\$\.manifests/],
    ["no config", { ...manifest, config: null }, undefined, /must have "config"/],
    [
      "no schemaVersion",
      { mediaType: OCI_MANIFEST, config, layers: [] },
      undefined,
      /schemaVersion/,
    ],
    [
      "a string as size",
      { ...manifest, config: { ...config, size: "1" } },
      undefined,
      /\$\.config\.size/,
    ],
    ["a negative size", { ...manifest, config: { ...config, size: -1 } }, undefined, /size/],
    ["a fractional size", { ...manifest, config: { ...config, size: 1.5 } }, undefined, /size/],
    [
      "a bad layer digest",
      { ...manifest, layers: [layer, { ...layer, digest: "sha256:../../x" }] },
      undefined,
      /\$\.layers\[1\]\.digest/,
    ],
    [
      "a bad media type",
      { ...manifest, layers: [{ ...layer, mediaType: "a b" }] },
      undefined,
      /\$\.layers\[0\]\.mediaType/,
    ],
    ["layers that are an object", { ...manifest, layers: {} }, undefined, /array/],
    [
      "too many layers",
      { ...manifest, layers: Array.from({ length: MAX_LAYERS + 1 }, () => layer) },
      undefined,
      /at most/,
    ],
    [
      "a number among the annotations",
      { ...manifest, annotations: { a: 1 } },
      undefined,
      /annotations\["a"\]/,
    ],
    ["an array", [manifest], undefined, /object/],
    ["null", null, undefined, /object/],
  ])("refuses %s", (_, value, contentType, message) => {
    const error = thrownBy(() => parseManifest(bytes(value), contentType));
    expect(isSafedockError(error, "ERR_MANIFEST_INVALID")).toBe(true);
    expect(String(error)).toMatch(message);
  });

  it.each<[string, unknown, string | undefined]>([
    ["schema 1", { schemaVersion: 1, name: "x", fsLayers: [] }, undefined],
    [
      "a foreign layer",
      {
        ...manifest,
        layers: [
          { ...layer, mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" },
        ],
      },
      undefined,
    ],
    [
      "a non-distributable layer",
      {
        ...manifest,
        layers: [
          { ...layer, mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" },
        ],
      },
      undefined,
    ],
    [
      "an encrypted layer",
      { ...manifest, layers: [{ ...layer, mediaType: `${OCI_LAYER_GZIP}+encrypted` }] },
      undefined,
    ],
    ["another kind of document", { ...manifest, mediaType: "application/vnd.x+json" }, undefined],
  ])("says that %s is not supported", (_, value, contentType) => {
    const error = thrownBy(() => parseManifest(bytes(value), contentType));
    expect(isSafedockError(error, "ERR_MANIFEST_UNSUPPORTED")).toBe(true);
  });

  it("refuses more bytes than the cap, text that is not JSON, and bytes that are not UTF-8", () => {
    for (const hostile of [
      Buffer.alloc(MAX_MANIFEST_BYTES + 1, " "),
      Buffer.from("{"),
      Buffer.from("\ufeff{}"),
      Buffer.from([0x22, 0xff, 0x22]),
      Buffer.from("[".repeat(1_000_000)),
    ]) {
      const error = thrownBy(() => parseManifest(hostile));
      expect(isSafedockError(error, "ERR_MANIFEST_INVALID")).toBe(true);
    }
  });

  it("treats __proto__ as a name like any other", () => {
    const text = JSON.stringify({ ...manifest, annotations: { a: "b" } })
      .replace('"a":"b"', '"__proto__":"x","constructor":"y"')
      .replace("{", '{"__proto__":{"polluted":"yes"},');
    const parsed = parseManifest(Buffer.from(text));
    expect(Object.getPrototypeOf(parsed.annotations)).toBe(null);
    expect(Object.entries(parsed.annotations ?? {})).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(Reflect.get(parsed, "polluted")).toBe(undefined);
    expect(Reflect.get({}, "polluted")).toBe(undefined);
  });

  it("does not take a member that the document only inherits", () => {
    const text = `{"__proto__":${JSON.stringify(manifest)}}`;
    const error = thrownBy(() => parseManifest(Buffer.from(text)));
    expect(isSafedockError(error, "ERR_MANIFEST_INVALID")).toBe(true);
  });

  it("answers any JSON with a manifest or with its own codes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const error = thrownBy(() =>
          parseManifest(bytes({ ...manifest, layers: value, config: value })),
        );
        expect(isSafedockError(error, "ERR_MANIFEST_INVALID")).toBe(true);
      }),
    );
  });
});

describe("parseImageConfig", () => {
  const image = {
    os: "wasi",
    architecture: "wasm",
    config: {
      Entrypoint: ["/hello.wasm"],
      Cmd: null,
      Env: ["A=b", "C"],
      WorkingDir: "/app",
      Labels: { x: "y" },
    },
    rootfs: { type: "layers", diff_ids: [digest] },
    history: [{ anything: 1 }],
  };

  it("reads what a run needs", () => {
    expect(parseImageConfig(bytes(image))).toEqual({
      os: "wasi",
      architecture: "wasm",
      config: {
        Entrypoint: ["/hello.wasm"],
        Env: ["A=b", "C"],
        WorkingDir: "/app",
        Labels: { x: "y" },
      },
      rootfs: { type: "layers", diff_ids: [digest] },
    });
  });

  it("takes an image without layers and without an execution part", () => {
    const scratch = {
      os: "wasi",
      architecture: "wasm",
      rootfs: { type: "layers", diff_ids: null },
    };
    expect(parseImageConfig(bytes(scratch))).toMatchObject({
      config: {},
      rootfs: { diff_ids: [] },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ["no os", { ...image, os: undefined }, /"os"/],
    [
      "a string as entrypoint",
      { ...image, config: { Entrypoint: "/x" } },
      /\$\.config\.Entrypoint/,
    ],
    ["a number in Cmd", { ...image, config: { Cmd: ["a", 1] } }, /\$\.config\.Cmd\[1\]/],
    ["a NUL in Env", { ...image, config: { Env: ["A=\0"] } }, /NUL/],
    ["an Env entry without name", { ...image, config: { Env: ["=x"] } }, /Env\[0\]/],
    ["no rootfs", { ...image, rootfs: undefined }, /"rootfs"/],
    ["another rootfs", { ...image, rootfs: { type: "btrfs" } }, /"layers"/],
    ["a bad diff id", { ...image, rootfs: { type: "layers", diff_ids: ["x"] } }, /diff_ids\[0\]/],
    ["too many words", { ...image, config: { Cmd: Array(5000).fill("") } }, /at most/],
  ])("refuses %s", (_, value, message) => {
    const error = thrownBy(() => parseImageConfig(bytes(value)));
    expect(isSafedockError(error, "ERR_CONFIG_INVALID")).toBe(true);
    expect(String(error)).toMatch(message);
  });
});
