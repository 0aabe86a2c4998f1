import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine, type Engine, type FsGrant, type RunResult } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestCases, type GuestCase, type Over } from "./guest-case.js";

/** Longest run of one guest, in ms: the slowest takes a few hundred. */
const TIMEOUT_MS = 20_000;

const cases = guestCases();
const ran = new Set<string>();
let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "safedock-conformance-"));
  engine = await openEngine({ root: join(folder, "store"), workers: 1 });
});

afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(["host", "memory", "image"] as const)("over %s files", (over) => {
  it.each(cases.filter((guest) => guest.over.includes(over)))("$name", async (guest) => {
    const result = await runGuest(guest, over);
    // All in one: what the guest wrote about a failure is then part of the difference that is shown.
    expect({
      code: result.code,
      reason: result.reason,
      detail: guest.reason === "exited" ? result.detail : undefined,
      stderr: result.stderr.toString(),
      stdout: guest.stdout === undefined ? undefined : result.stdout.toString(),
      stdoutSha256: guest.stdoutSha256 === undefined ? undefined : sha256(result.stdout),
    }).toEqual({
      code: guest.exit,
      reason: guest.reason,
      detail: undefined,
      stderr: guest.stderr ?? "",
      stdout: guest.stdout,
      stdoutSha256: guest.stdoutSha256,
    });
  });
});

it("runs every guest", () => {
  expect([...ran].sort()).toEqual(cases.map(({ name }) => name).sort());
});

async function runGuest(guest: GuestCase, over: Over): Promise<RunResult> {
  const image = await engine.loadImage(guest.wasm);
  const result = await engine.run(image, {
    args: guest.args,
    stdin: guest.stdin,
    grants: { env: guest.env, clock: guest.clock, fs: rootOf(guest, over) },
    limits: {
      timeoutMs: TIMEOUT_MS,
      ...(guest.memoryMib === undefined ? undefined : { memoryBytes: guest.memoryMib * 2 ** 20 }),
    },
  });
  ran.add(guest.name);
  return result;
}

/** A fresh root for one run; the image's own root needs no grant. */
function rootOf({ name }: GuestCase, over: Over): FsGrant[] {
  if (over === "image") return [];
  if (over === "memory") return [{ type: "memory", target: "/" }];
  const source = join(folder, "roots", name);
  mkdirSync(source, { recursive: true });
  return [{ source, target: "/", access: "read-write" }];
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
