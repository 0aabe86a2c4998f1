/** A process of the host swaps directories and files for links while a guest walks through them. */
import * as fs from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyStat, OPEN_CREATE, OPEN_READ, OPEN_WRITE } from "../../../src/fs/node.js";
import type { Directory } from "../../../src/fs/node.js";
import { file, HostFixture, SECRET, text } from "./host-fixture.js";

/** SAFEDOCK_RACES=200000 for a long run by hand: test/hostile/README.md. */
const ROUNDS = Number(process.env["SAFEDOCK_RACES"] ?? 20_000);

/** Swaps mount/sub and mount/file with links to the secret, as fast as it can. */
const SWAPPER = `
  const { renameSync } = require("node:fs");
  const { workerData: { mount, stop } } = require("node:worker_threads");
  const swap = (name) => {
    renameSync(mount + "/" + name, mount + "/." + name + "-real");
    renameSync(mount + "/." + name + "-link", mount + "/" + name);
    renameSync(mount + "/" + name, mount + "/." + name + "-link");
    renameSync(mount + "/." + name + "-real", mount + "/" + name);
  };
  while (Atomics.load(stop, 0) === 0) { swap("sub"); swap("file"); Atomics.add(stop, 1, 1); }
`;

let host: HostFixture;
let mount: Directory;
beforeEach(() => {
  host = new HostFixture();
  fs.mkdirSync(host.path("sub"));
  fs.writeFileSync(host.path("sub", "file"), "inside");
  fs.writeFileSync(host.path("file"), "inside");
  fs.symlinkSync("../secret", host.path(".sub-link"));
  fs.symlinkSync("../secret/file", host.path(".file-link"));
  mount = host.open({ access: "read-write" });
});
afterEach(() => host.remove());

test.runIf(process.platform === "linux")(
  `no escape in ${ROUNDS} races`,
  async () => {
    const stop = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(SWAPPER, { eval: true, workerData: { mount: host.mount, stop } });
    const ended = new Promise<void>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", () => resolve());
    });
    await new Promise<void>((resolve) => worker.once("online", resolve));
    const seen = new Map<string, number>();
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    const secretIno = fs.statSync(host.secret, { bigint: true }).ino;
    const secretFileIno = fs.statSync(join(host.secret, "file"), { bigint: true }).ino;
    const stat = emptyStat();
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const opened = mount.open("file", OPEN_READ);
        count(typeof opened === "number" ? `file ${opened}` : `file ${text(file(opened))}`);
        if (mount.statAt("file", stat) === 0) expect(stat.ino).not.toBe(secretFileIno);
        const sub = mount.openDirectory("sub");
        if (typeof sub === "number") {
          count(`sub ${sub}`);
          continue;
        }
        sub.stat(stat);
        if (stat.ino === secretIno) count("escape by stat");
        const inner = sub.open("file", OPEN_READ);
        count(typeof inner === "number" ? `inner ${inner}` : `inner ${text(file(inner))}`);
        const made = sub.open("made", OPEN_WRITE | OPEN_CREATE);
        if (typeof made !== "number") made.close();
        sub.setTimesAt("file", 1n, 2n);
        sub.rename("made", sub, "made2");
        sub.link("file", sub, "linked");
        sub.unlink("linked");
        sub.unlink("made2");
        sub.mkdir("dir");
        sub.rmdir("dir");
        sub.close();
        mount.setTimesAt("file", 1n, 2n);
      }
    } finally {
      Atomics.store(stop, 0, 1);
      await ended;
    }
    expect(
      [...seen.keys()].filter((what) => what.includes(SECRET) || what.includes("escape")),
    ).toEqual([]);
    expect(fs.readdirSync(host.secret)).toEqual(["file"]);
    const secret = fs.statSync(join(host.secret, "file"));
    expect(secret.nlink).toBe(1);
    expect(secret.mtimeMs).toBeGreaterThan(1000);
    // The race was one: both answers were seen, while names were swapped.
    expect(Atomics.load(stop, 1)).toBeGreaterThan(100);
    expect(seen.get("inner inside")).toBeGreaterThan(0);
    expect(seen.get("file inside")).toBeGreaterThan(0);
    expect(seen.get("sub -32") ?? 0).toBeGreaterThan(0);
    expect(seen.get("file -32") ?? 0).toBeGreaterThan(0);
    if (process.env["SAFEDOCK_RACES"] !== undefined) console.log(Atomics.load(stop, 1), seen);
  },
  600_000,
);
