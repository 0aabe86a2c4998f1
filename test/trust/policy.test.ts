import { writeFile } from "node:fs/promises";
/** Trust: a policy object per registry and repository. */
import { join } from "node:path";
import { defaultEngine, loadImage, openEngine, pullImage, run } from "safedock";
import { describe, expect, it } from "vitest";
import { parseReference } from "../../src/oci/reference.js";
import { readPolicy, type Policy } from "../../src/trust/policy.js";
import { guestPath } from "../engine/guests.js";
import { openTestEngine } from "../support/test-engine.js";
import { REPOSITORY, trustFixture } from "./fixture.js";
import { makeSigner, signInRegistry } from "./signer.js";

/** The rule that decides about a reference. */
function ruleFor(policy: Policy, reference: string): string {
  const problems: string[] = [];
  const read = readPolicy("policy", policy, { add: (problem) => problems.push(problem) });
  expect(problems).toEqual([]);
  return read?.decide(parseReference(reference)).match ?? "";
}

describe("the most specific rule decides", () => {
  const policy: Policy = {
    default: "reject",
    rules: [
      "ghcr.io/acme/*",
      "ghcr.io/acme/tools/*",
      "ghcr.io/acme/tools/hello",
      "ghcr.io",
      "*.example.com",
      "*.eu.example.com",
      "registry.eu.example.com:5000",
      "localhost:5000/a/*",
      "docker.io/hello",
      "docker.io/acme/*",
    ].map((match) => ({ match, action: "accept" })),
  };

  it.each([
    ["ghcr.io/acme/tools/hello:1", "ghcr.io/acme/tools/hello"],
    ["ghcr.io/acme/tools/hello/world", "ghcr.io/acme/tools/*"],
    ["ghcr.io/acme/tools/other", "ghcr.io/acme/tools/*"],
    ["ghcr.io/acme/tools", "ghcr.io/acme/*"],
    ["ghcr.io/acme/hello", "ghcr.io/acme/*"],
    ["ghcr.io/acme", "ghcr.io"],
    ["ghcr.io/acme-evil/hello", "ghcr.io"],
    ["evilghcr.io/acme/hello", "default"],
    ["ghcr.io.evil.example/acme/hello", "default"],
    ["a.example.com/x/y", "*.example.com"],
    ["a.b.eu.example.com:8443/x", "*.eu.example.com"],
    ["example.com/x", "default"],
    ["evilexample.com/x", "default"],
    ["registry.eu.example.com:5000/x", "registry.eu.example.com:5000"],
    ["registry.eu.example.com/x", "*.eu.example.com"],
    ["localhost:5000/a/b", "localhost:5000/a/*"],
    ["localhost:5000/b", "default"],
    ["localhost:5001/a/b", "default"],
    ["hello", "docker.io/hello"],
    ["acme/hello", "docker.io/acme/*"],
    ["other/hello", "default"],
  ])("%s: %s", (reference, match) => {
    expect(ruleFor(policy, reference)).toBe(match);
  });

  it.each([
    "GHCR.io/acme/hello",
    "ghcr.io:443/acme/hello",
    "GHCR.IO:443/acme/hello",
    "ghcr.io/acme/hello:1@sha256:" + "0".repeat(64),
  ])("%s is no way around a rule", (reference) => {
    expect(ruleFor(policy, reference)).toBe("ghcr.io/acme/*");
  });

  it.each(["index.docker.io/acme/hello", "registry-1.docker.io/acme/hello"])(
    "%s is Docker's registry",
    (reference) => expect(ruleFor(policy, reference)).toBe("docker.io/acme/*"),
  );
});

describe("a policy", () => {
  it("refuses before any request", async () => {
    await using fixture = await trustFixture({ policy: { default: "reject" } });
    expect(await fixture.refusal({})).toEqual({
      code: "ERR_POLICY_REFUSED",
      message: expect.stringContaining("(default)") as string,
    });
    expect(fixture.requests()).toEqual([]);
  });

  it("accepts what its rules name, with the signatures that they want", async () => {
    const signer = makeSigner();
    await using fixture = await trustFixture((host) => ({
      policy: {
        default: "reject",
        rules: [{ match: `${host}/acme/*`, action: { verify: { keys: signer.pem } } }],
      },
    }));
    const { registry, digest, engine } = fixture;
    expect(await fixture.refusal({})).toMatchObject({ code: "ERR_SIGNATURE_MISSING" });
    await signInRegistry(registry, REPOSITORY, digest, [signer]);
    const image = await fixture.pull();
    expect(image.trust).toHaveLength(1);
    expect((await engine.run(image)).code).toBe(0);
    expect((await engine.run(fixture.reference)).code).toBe(0);
    expect((await engine.run(digest)).code).toBe(0);
  });

  it("and verify both count", async () => {
    const [one, two] = [makeSigner(), makeSigner()];
    await using fixture = await trustFixture({
      policy: { default: { verify: { keys: one.pem } } },
    });
    const { registry, digest } = fixture;
    await signInRegistry(registry, REPOSITORY, digest, [one]);
    const verify = { keys: two.pem };
    expect(await fixture.refusal({ verify })).toMatchObject({ code: "ERR_SIGNATURE_INVALID" });
    await signInRegistry(registry, REPOSITORY, digest, [one, two]);
    expect((await fixture.pull({ verify })).trust).toHaveLength(2);
  });

  it("takes an image for none of its own when nobody knows any more where it came from", async () => {
    await using fixture = await trustFixture();
    const { engine, reference, repository, digest } = fixture;
    await engine.pullImage(reference);
    const record = `${digest.slice("sha256:".length)}.json`;
    await writeFile(join(engine.root, "v1", "images", record), "damaged");
    expect(await engine.verify({ repair: true })).toMatchObject({ ok: true });
    const policy: Policy = { default: "accept", rules: [rejecting(repository)], local: "accept" };
    await using strict = await openEngine({ root: engine.root, workers: 1, policy });
    await expect(strict.run(digest)).rejects.toMatchObject({ code: "ERR_SIGNATURE_MISSING" });
    expect((await engine.run(digest)).code).toBe(0);
  });

  it("holds for images that the store has: another engine may have pulled them unseen", async () => {
    await using fixture = await trustFixture();
    const { engine: careless, reference, repository, digest, registry } = fixture;
    const image = await careless.pullImage(reference);
    const signer = makeSigner();
    const verify = { keys: signer.pem };
    const openWith = (policy: Policy) =>
      openEngine({ root: careless.root, workers: 1, policy, registry: { retries: 0 } });

    await using strict = await openWith({ default: { verify } });
    const stored = await strict.images.get(reference);
    for (const named of [image, stored, reference, digest]) {
      const missing = { code: "ERR_SIGNATURE_MISSING" };
      await expect(strict.run(named)).rejects.toMatchObject(missing);
      await expect(strict.createContainer(named)).rejects.toMatchObject(missing);
    }
    const missed = strict.pullImage(reference, { pullPolicy: "missing" });
    await expect(missed).rejects.toMatchObject({ code: "ERR_SIGNATURE_MISSING" });

    await using closed = await openWith({ default: "accept", rules: [rejecting(repository)] });
    await expect(closed.run(reference)).rejects.toMatchObject({ code: "ERR_POLICY_REFUSED" });
    await expect(closed.run(digest)).rejects.toMatchObject({ code: "ERR_POLICY_REFUSED" });
    const never = closed.pullImage(reference, { pullPolicy: "never" });
    await expect(never).rejects.toMatchObject({ code: "ERR_POLICY_REFUSED" });

    await signInRegistry(registry, REPOSITORY, digest, [signer]);
    expect((await strict.run(await strict.pullImage(reference))).code).toBe(0);
    // The same bytes under a name for which nothing is known.
    await registry.push("evil/hello:1", {
      manifest: { descriptor: await descriptorOf(fixture), bytes: await manifestOf(fixture) },
      blobs: new Map(),
      images: [],
    });
    const evil = `${registry.host}/evil/hello:1`;
    await careless.pullImage(evil);
    await expect(strict.run(evil)).rejects.toMatchObject({ code: "ERR_SIGNATURE_MISSING" });
    expect((await strict.run(reference)).code).toBe(0);
    expect((await strict.run(digest)).code).toBe(0);
  });

  it("decides about images that come from no registry by its local rule", async () => {
    for (const [policy, isAccepted] of [
      [{ default: "accept" }, true],
      [{ default: "reject" }, false],
      [{ default: "reject", local: "accept" }, true],
      [{ default: "accept", local: "reject" }, false],
      [{ default: { verify: { keys: makeSigner().pem } } }, false],
    ] as const) {
      const own = await openTestEngine({ workers: 1, policy });
      const { engine } = own;
      try {
        const loaded = engine.loadImage(guestPath("hello"), { reference: "hello:dev" });
        if (isAccepted) expect((await engine.run(await loaded)).code).toBe(0);
        else await expect(loaded).rejects.toMatchObject({ code: "ERR_POLICY_REFUSED" });
        expect(await engine.images.list()).toHaveLength(isAccepted ? 1 : 0);
      } finally {
        await own.close();
      }
    }
  });

  it("is asked about the base of an image that is built, and about what is built", async () => {
    await using fixture = await trustFixture();
    const { engine: careless, reference, repository } = fixture;
    const image = await careless.pullImage(reference);
    const { root } = careless;
    const rules = [rejecting(repository)];
    await using strict = await openEngine({
      root,
      workers: 1,
      policy: { default: "accept", rules },
    });
    const refused = { code: "ERR_POLICY_REFUSED" };
    for (const from of [image, reference, image.digest]) {
      const built = strict.buildImage({ from, files: { "/more": "text" } });
      await expect(built).rejects.toMatchObject(refused);
    }
    const local = { default: "accept", local: "reject" } as const;
    await using closed = await openEngine({ root, workers: 1, policy: local });
    await expect(closed.buildImage({ from: image, files: {} })).rejects.toMatchObject(refused);
    const own = await careless.buildImage({ from: image, files: { "/more": "text" } });
    await expect(closed.run(own)).rejects.toMatchObject(refused);
    expect((await strict.run(own)).code).toBe(0);
  });

  it("with problems is refused, all problems in one error", async () => {
    const { pem } = makeSigner();
    const policy = {
      default: "perhaps",
      local: "maybe",
      rule: [],
      rules: [
        { match: "ghcr.io/Acme", action: "accept" },
        { match: "hello", action: "accept" },
        { match: "*", action: "accept" },
        { match: "ghcr.io/*/x", action: "accept" },
        { match: "ghcr.io/acme:1", action: "accept" },
        { match: "ghcr.io", action: "accept" },
        { match: "GHCR.IO:443/*", action: "accept" },
        { match: "a.example", action: { verify: { keys: "none" } } },
        { match: "b.example", action: { verify: { keys: pem, threshold: 2 } } },
        { match: "c.example", take: "accept" },
      ],
    };
    const error: unknown = await openEngine({ policy: policy as never, workers: -1 }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    const { problems } = (error as { data: { problems: string[] } }).data;
    const at = (start: string) => problems.some((problem) => problem.startsWith(start));
    for (const start of [
      ...["workers", "policy.default", "policy.local", "policy.rule:"],
      ...[0, 1, 2, 3, 4, 6].map((i) => `policy.rules[${i}].match`),
      ...["policy.rules[7].action.verify.keys[0]", "policy.rules[8].action.verify.threshold"],
      ...["policy.rules[9].take", "policy.rules[9].action"],
    ]) {
      expect(at(start), start).toBe(true);
    }
    expect(at("policy.rules[5]")).toBe(false);
  });
});

describe("the default engine", () => {
  it("has the policy of its first call; options that come later are refused", async () => {
    const { engine, folder, close } = await openFolder();
    try {
      const root = join(folder, "default");
      const opened = await defaultEngine({ root, workers: 1, policy: { default: "reject" } });
      try {
        const refused = { code: "ERR_POLICY_REFUSED" };
        await expect(pullImage("registry.example/acme/hello:1")).rejects.toMatchObject(refused);
        await expect(loadImage(guestPath("hello"))).rejects.toMatchObject(refused);
        const image = await engine.loadImage(guestPath("hello"));
        await expect(run(image)).rejects.toMatchObject(refused);
        const late = { code: "ERR_OPTIONS_INVALID" };
        await expect(defaultEngine({ policy: { default: "accept" } })).rejects.toMatchObject(late);
        expect(await defaultEngine()).toBe(opened);
      } finally {
        await opened.close();
      }
    } finally {
      await close();
    }
  });
});

async function openFolder() {
  const own = await openTestEngine({ workers: 1 });
  return { ...own, close: () => own.close() };
}

const rejecting = (match: string) => ({ match, action: "reject" }) as const;

async function manifestOf({ registry }: { registry: { url: string } }): Promise<Uint8Array> {
  const answer = await fetch(`${registry.url}/v2/${REPOSITORY}/manifests/1`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function descriptorOf(fixture: { registry: { url: string }; digest: string }) {
  const { byteLength: size } = await manifestOf(fixture);
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return { mediaType, digest: fixture.digest as `sha256:${string}`, size };
}
