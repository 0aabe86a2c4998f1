/** Trust costs nothing where it is not used: what is loaded, and when. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { REPOSITORY, trustFixture } from "./fixture.js";
import { Sigstore, SUBJECT, ISSUER } from "./keyless-signer.js";
import { attachBundle, makeSigner, signInRegistry, statementOf } from "./signer.js";

const bundle = fileURLToPath(new URL("../../dist/bundle/index.js", import.meta.url));

/** In a process of its own: pulls, and says how many files of Sigstore's were loaded after each step. */
const SCRIPT = `
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
const [bundle, order] = process.argv.slice(2);
const { root, reference, pem, keyless } = JSON.parse(await readFile(order, "utf8"));
const { cache } = createRequire(import.meta.url);
const loaded = () => Object.keys(cache).filter((path) => path.includes("@sigstore")).length;
const { openEngine } = await import(bundle);
const counts = [loaded()];
const engine = await openEngine({ root, workers: 1, policy: { default: "accept" } });
await engine.pullImage(reference);
counts.push(loaded());
await engine.pullImage(reference, { verify: { keys: pem } });
counts.push(loaded());
await engine.pullImage(reference, { verify: { keyless } });
counts.push(loaded());
await engine.close();
console.log(JSON.stringify(counts));
`;

it("Sigstore's packages are loaded with the first keyless requirement, not before", async () => {
  await using fixture = await trustFixture();
  const { registry, digest, reference, folder } = fixture;
  const signer = makeSigner();
  const sigstore = await Sigstore.start();
  await signInRegistry(registry, REPOSITORY, digest, [signer]);
  const signed = await sigstore.bundle(statementOf(digest));
  await attachBundle(registry, REPOSITORY, digest, signed);
  const { trustedRoot } = sigstore;
  const keyless = { identities: [{ issuer: ISSUER, subject: SUBJECT }], trustedRoot };
  const order = { root: join(folder, "own"), reference, pem: signer.pem, keyless };
  const [script, path] = [join(folder, "script.mjs"), join(folder, "order.json")];
  await writeFile(script, SCRIPT);
  await writeFile(path, JSON.stringify(order));
  const { stdout } = await promisify(execFile)(process.execPath, [script, bundle, path]);
  const counts = JSON.parse(stdout) as number[];
  expect(counts.slice(0, 3)).toEqual([0, 0, 0]);
  expect(counts[3]).toBeGreaterThan(0);
});
