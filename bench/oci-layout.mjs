// Writes images as OCI layout folders, as `skopeo` and `loadImage` read them.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** A tar of `[name, bytes]` pairs. By events: older versions of tar-stream, as rivals bring, know no other way. */
async function tarOf(files) {
  const archive = pack();
  const chunks = [];
  archive.on("data", (chunk) => chunks.push(chunk));
  const ended = once(archive, "end");
  for (const [name, contents] of files) archive.entry({ name, mtime: new Date(0) }, contents);
  archive.finalize();
  await ended;
  return Buffer.concat(chunks);
}

/**
 * Writes an image of gzip layers, each a list of `[name, bytes]`, tagged `latest`. Returns the folder.
 */
export async function writeOciLayout(folder, layers, entrypoint) {
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });

  function put(bytes, mediaType) {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  }
  const putJson = (value, mediaType) => put(Buffer.from(JSON.stringify(value)), mediaType);

  const diffIds = [];
  const descriptors = [];
  for (const files of layers) {
    const tar = await tarOf(files);
    diffIds.push(`sha256:${createHash("sha256").update(tar).digest("hex")}`);
    const compressed = gzipSync(tar, { level: 6 });
    descriptors.push(put(compressed, "application/vnd.oci.image.layer.v1.tar+gzip"));
  }
  const config = putJson(
    {
      os: "wasi",
      architecture: "wasm",
      config: { Entrypoint: entrypoint },
      rootfs: { type: "layers", diff_ids: diffIds },
    },
    "application/vnd.oci.image.config.v1+json",
  );
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = putJson({ schemaVersion: 2, mediaType, config, layers: descriptors }, mediaType);
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return folder;
}
