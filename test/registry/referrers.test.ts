import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.js";
import type { Digest } from "../../src/oci/digest.js";
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from "../../src/oci/media-types.js";
import { openRegistry, type Registry, type Repository } from "../../src/registry/registry.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { rejectionOf } from "../support/thrown-by.js";
import { sendJson, startFakeServer } from "./fake-server.js";

const subject = digestOf(Buffer.from("subject"));
const SBOM = "application/vnd.example.sbom";

function referrer(i: number, artifactType = SBOM): Descriptor {
  return {
    mediaType: OCI_MANIFEST,
    digest: digestOf(Buffer.from(`r${i}`)),
    size: 10,
    artifactType,
  };
}

function sendIndex(
  response: ServerResponse,
  manifests: readonly unknown[],
  headers: Record<string, string> = {},
): void {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  sendJson(response, 200, index, { "content-type": OCI_INDEX, ...headers });
}

async function referrersAt(
  handler: Parameters<typeof startFakeServer>[0],
  artifactType?: string,
): Promise<{ readonly found: Descriptor[]; readonly requests: readonly string[] }> {
  await using server = await startFakeServer(handler);
  await using registry = openRegistry(server.host, { retryDelayMs: 1 });
  const options = artifactType === undefined ? {} : { artifactType };
  const found = await registry.repository("a/b").listReferrers(subject, options);
  return { found, requests: [...server.requests] };
}

describe("referrers by the API", () => {
  it("come page by page, each once", async () => {
    const { found, requests } = await referrersAt((request, response) => {
      const page = Number(new URL(request.url ?? "", "http://x").searchParams.get("page") ?? "1");
      const link = `</v2/a/b/referrers/${subject}?page=${page + 1}>; rel="next"`;
      sendIndex(response, [referrer(page), referrer(page + 1)], page < 3 ? { link } : {});
    });
    expect(found).toEqual([1, 2, 3, 4].map((i) => referrer(i)));
    expect(requests).toEqual([
      `GET /v2/a/b/referrers/${subject}`,
      `GET /v2/a/b/referrers/${subject}?page=2`,
      `GET /v2/a/b/referrers/${subject}?page=3`,
    ]);
  });

  it.each([true, false])("are of the wanted type, filtered there: %s", async (filters) => {
    const headers = filters ? { "oci-filters-applied": "artifactType" } : undefined;
    const all = [referrer(1), ...(filters ? [] : [referrer(2, "other/type")])];
    const { found, requests } = await referrersAt(
      (_, response) => sendIndex(response, all, headers),
      SBOM,
    );
    expect(found).toEqual([referrer(1)]);
    expect(requests[0]).toContain(`artifactType=${encodeURIComponent(SBOM)}`);
  });

  it("are none when there are none", async () => {
    const { found, requests } = await referrersAt((_, response) => sendIndex(response, []));
    expect([found, requests.length]).toEqual([[], 1]);
  });

  it("are refused when they do not end, are too many or lie elsewhere", async () => {
    const endless = async () =>
      referrersAt((_, response, count) =>
        sendIndex(response, [], { link: `</v2/a/b/referrers/x?${count}>; rel="next"` }),
      );
    const many = async () =>
      referrersAt((_, response, count) =>
        sendIndex(
          response,
          Array.from({ length: 1000 }, (__, i) => referrer(count * 1000 + i)),
          { link: `</v2/a/b/referrers/x?${count}>; rel="next"` },
        ),
      );
    const elsewhere = async () =>
      referrersAt((_, response) =>
        sendIndex(response, [], { link: '<https://elsewhere.example/v2/>; rel="next"' }),
      );
    for (const listing of [endless, many, elsewhere]) {
      expect(await rejectionOf(listing())).toMatchObject({ code: "ERR_REGISTRY_RESPONSE" });
    }
  });
});

describe("referrers by the tag schema", () => {
  const tag = subject.replace(":", "-");

  it.each<[string, (response: ServerResponse) => void]>([
    ["404", (response) => response.writeHead(404).end()],
    ["405", (response) => response.writeHead(405).end()],
    [
      "a page for people",
      (response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>Hello"),
    ],
  ])("stand in for an API that answers %s", async (_, refuse) => {
    const { found, requests } = await referrersAt(({ url }, response) => {
      if (url?.includes("/referrers/") === true) refuse(response);
      else sendIndex(response, [referrer(1), referrer(2, "other/type")]);
    }, SBOM);
    expect(found).toEqual([referrer(1)]);
    expect(requests[1]).toBe(`GET /v2/a/b/manifests/${tag}`);
  });

  it("are none when the tag is not there, or is another image", async () => {
    for (const isImage of [false, true]) {
      const { found } = await referrersAt(({ url }, response) => {
        if (url?.includes("/referrers/") === true || !isImage) response.writeHead(404).end();
        else {
          const config = { mediaType: OCI_CONFIG, digest: subject, size: 2 };
          const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] };
          sendJson(response, 200, manifest, { "content-type": OCI_MANIFEST });
        }
      });
      expect(found).toEqual([]);
    }
  });

  it("is left alone where the registry takes note of the subject itself", async () => {
    await using server = await startFakeServer((request, response) => {
      request.resume();
      response.writeHead(201, { "oci-subject": subject }).end();
    });
    await using registry = openRegistry(server.host);
    const manifest = manifestOf("signature", subject);
    await registry.repository("a/b").pushManifest(digestOf(manifest), {
      mediaType: OCI_MANIFEST,
      bytes: manifest,
    });
    expect(server.requests).toEqual([`PUT /v2/a/b/manifests/${digestOf(manifest)}`]);
  });
});

describe("Debian's docker-registry, which has no referrers API", () => {
  let server: DockerRegistry;
  let registry: Registry;
  let repository: Repository;

  beforeAll(async () => {
    server = await startDockerRegistry();
    registry = openRegistry(server.host);
    repository = registry.repository("acme/signed");
    const config = Buffer.from("{}");
    await repository.pushBlob({ digest: digestOf(config), size: 2 }, config);
  });
  afterAll(async () => {
    await registry?.close();
    await server?.close();
  });

  it("lists all of ten that were pushed at the same time", async () => {
    const image = manifestOf("image");
    const mediaType = OCI_MANIFEST;
    await repository.pushManifest("1", { mediaType, bytes: image });
    expect(await repository.listReferrers(digestOf(image))).toEqual([]);
    const names = Array.from({ length: 10 }, (_, i) => `signature ${i}`);
    const pushed = await Promise.all(
      names.map((name) => {
        const bytes = manifestOf(name, digestOf(image), image.byteLength);
        return repository.pushManifest(digestOf(bytes), { mediaType, bytes });
      }),
    );
    const found = await repository.listReferrers(digestOf(image));
    expect(found.map(({ digest }) => digest).toSorted()).toEqual(
      pushed.map(({ digest }) => digest).toSorted(),
    );
    expect(found[0]).toMatchObject({
      artifactType: SBOM,
      annotations: { name: expect.stringMatching(/^signature/) },
    });
    // Pushed again, it is not listed twice.
    const bytes = manifestOf("signature 0", digestOf(image), image.byteLength);
    await repository.pushManifest(digestOf(bytes), { mediaType, bytes });
    expect(await repository.listReferrers(digestOf(image))).toHaveLength(10);
  });

  it("deletes a manifest, and its tag with it", async () => {
    const bytes = manifestOf("to be deleted");
    const gone = registry.repository("acme/gone");
    const config = Buffer.from("{}");
    await gone.pushBlob({ digest: digestOf(config), size: 2 }, config);
    const { digest } = await gone.pushManifest("1", { mediaType: OCI_MANIFEST, bytes });
    await gone.deleteManifest(digest);
    for (const name of ["1", digest]) {
      expect(await rejectionOf(gone.resolve(name))).toMatchObject({
        code: "ERR_REGISTRY_NOT_FOUND",
      });
    }
    expect(await rejectionOf(gone.deleteManifest(digest))).toMatchObject({
      code: "ERR_REGISTRY_NOT_FOUND",
    });
    expect(await rejectionOf(gone.deleteManifest("../x"))).toMatchObject({
      code: "ERR_REFERENCE_INVALID",
    });
  });
});

function manifestOf(name: string, subjectDigest?: Digest, size = 10): Buffer {
  const config = { mediaType: OCI_CONFIG, digest: digestOf(Buffer.from("{}")), size: 2 };
  const document = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: SBOM },
    ...{ config, layers: [], annotations: { name } },
    ...(subjectDigest === undefined
      ? {}
      : { subject: { mediaType: OCI_MANIFEST, digest: subjectDigest, size } }),
  };
  return Buffer.from(JSON.stringify(document));
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
