import { describe, expect, it } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { isDigest, parseDigest } from "../../src/oci/digest.js";
import type { Descriptor } from "../../src/oci/descriptor.js";
import type { ImageIndex } from "../../src/oci/manifest.js";
import { OCI_INDEX, OCI_MANIFEST } from "../../src/oci/media-types.js";
import { formatPlatform, parsePlatform, selectPlatform } from "../../src/oci/platform.js";
import { thrownBy } from "../support/thrown-by.js";

function entry(platform?: string, extra: Partial<Descriptor> = {}): Descriptor {
  return {
    mediaType: OCI_MANIFEST,
    digest: parseDigest(`sha256:${"0".repeat(64)}`),
    size: 1,
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
    ...extra,
  };
}

function indexOf(...manifests: Descriptor[]): ImageIndex {
  return { kind: "index", mediaType: OCI_INDEX, manifests };
}

describe("selectPlatform", () => {
  const attestation = entry("unknown/unknown", {
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  });

  it.each<[string, Descriptor[], number]>([
    [
      "wasi/wasm before all others",
      [entry("wasip1/wasm"), entry("linux/wasm"), entry("wasi/wasm")],
      2,
    ],
    ["wasip1 before wasip2", [entry("wasip2/wasm"), entry("wasip1/wasm")], 1],
    ["wasi/wasm32", [entry("linux/amd64"), entry("wasi/wasm32")], 1],
    ["wasm32/wasi", [entry("linux/amd64"), entry("wasm32/wasi")], 1],
    ["linux/wasm before an unnamed one", [entry(), entry("linux/wasm")], 1],
    [
      "crun's annotation",
      [entry("linux/arm64"), entry("linux/amd64", { annotations: { "run.oci.handler": "wasm" } })],
      1,
    ],
    [
      "WasmEdge's annotation",
      [
        entry("linux/amd64"),
        entry("linux/amd64", { annotations: { "module.wasm.image/variant": "compat-smart" } }),
      ],
      1,
    ],
    ["an entry that names no platform", [entry("linux/amd64"), entry()], 1],
    ["a nested index", [entry("linux/amd64"), entry(undefined, { mediaType: OCI_INDEX })], 1],
    ["past attestations", [attestation, entry("wasi/wasm")], 1],
    [
      "past attestations that only an annotation tells",
      [entry(undefined, { annotations: { "vnd.docker.reference.type": "x" } }), entry()],
      1,
    ],
    ["a variant all the same", [entry("wasi/wasm/v9")], 0],
  ])("finds %s", (_, entries, expected) => {
    expect(selectPlatform(indexOf(...entries))).toBe(entries[expected]);
    expect(selectPlatform(indexOf(...entries), "wasi/wasm")).toBe(entries[expected]);
  });

  it("takes a named platform alone, its variant when there is one", () => {
    const entries = [entry("wasi/wasm"), entry("linux/arm64/v8"), entry("linux/arm64/v9")];
    expect(selectPlatform(indexOf(...entries), "linux/arm64")).toBe(entries[1]);
    expect(selectPlatform(indexOf(...entries), "linux/arm64/v9")).toBe(entries[2]);
    expect(() => selectPlatform(indexOf(...entries), "wasip2/wasm")).toThrow(/no manifest/);
  });

  it("lists what there is when nothing fits", () => {
    const index = indexOf(entry("linux/amd64"), entry("linux/arm64/v8"), attestation);
    const error = thrownBy(() => selectPlatform(index));
    expect(error).toMatchObject({
      code: "ERR_PLATFORM_NOT_FOUND",
      data: { wanted: "wasi/wasm", available: ["linux/amd64", "linux/arm64/v8"] },
    });
    expect(String(error)).toContain("linux/arm64/v8");
    expect(() => selectPlatform(indexOf())).toThrow(/none at all/);
  });
});

describe("parsePlatform", () => {
  it("reads and writes os/architecture/variant", () => {
    for (const text of ["wasi/wasm", "linux/arm64/v8"]) {
      expect(formatPlatform(parsePlatform(text))).toBe(text);
    }
    expect(formatPlatform(parsePlatform("WASI/Wasm"))).toBe("wasi/wasm");
  });

  it.each(["", "wasi", "a/b/c/d", "a//b", "/", "a b/c", "wasi/", "../x/"])("refuses %j", (text) => {
    expect(
      isSafedockError(
        thrownBy(() => parsePlatform(text)),
        "ERR_OPTIONS_INVALID",
      ),
    ).toBe(true);
  });
});

describe("parseDigest", () => {
  it("takes sha256 and sha512 in lower case", () => {
    expect(isDigest(`sha256:${"0f".repeat(32)}`)).toBe(true);
    expect(isDigest(`sha512:${"0f".repeat(64)}`)).toBe(true);
  });

  it.each([
    "",
    "sha256",
    "sha256:",
    `sha256:${"0".repeat(63)}`,
    `sha256:${"0".repeat(65)}`,
    `sha512:${"0".repeat(64)}`,
    `sha256:${"0F".repeat(32)}`,
    `SHA256:${"00".repeat(32)}`,
    `sha384:${"0".repeat(96)}`,
    `sha256:${"0".repeat(63)}/`,
    `__proto__:${"0".repeat(64)}`,
  ])("refuses %j", (text) => {
    expect(
      isSafedockError(
        thrownBy(() => parseDigest(text)),
        "ERR_DIGEST_INVALID",
      ),
    ).toBe(true);
  });
});
