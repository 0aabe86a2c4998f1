/** FIFOs, sockets and devices in a mount: no call waits for them, and none opens them. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import nodeFs, { constants, mkdirSync, openSync, readSync, rmSync, closeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FsGrant, Image } from "safedock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ENXIO } from "../../../src/fs/errno.js";
import { openHostDirectory } from "../../../src/fs/host/open-host-directory.js";
import { OPEN_CREATE, OPEN_READ, OPEN_WRITE } from "../../../src/fs/node.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { callsGuest, expectCalls } from "./calls.js";

/** ENXIO, for which the guest has no name. */
const REFUSED = "E60";
/** `asm-generic/fcntl.h`. */
const O_PATH = 0o10000000;

let fixture: TestEngine;
let image: Image;
let mount: string;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  image = await fixture.engine.loadImage(callsGuest());
});
afterAll(() => fixture.close());

beforeEach(() => {
  mount = join(fixture.folder, "odd");
  mkdirSync(mount);
});
afterEach(() => rmSync(mount, { recursive: true }));

const grantOf = (source: string): FsGrant[] => [{ source, target: "/work", access: "read-write" }];

/** All calls on `odd`, which is opened by none of them. */
const CALLS: readonly (readonly [string, string])[] = [
  ["stat odd", "ok link 1 0"],
  ["open a odd r", REFUSED],
  ["open a odd w", REFUSED],
  ["open a odd rw", REFUSED],
  ["open a odd wa", REFUSED],
  ["open a odd rwt", REFUSED],
  ["open a odd rwc", REFUSED],
  ["open a odd rwcx", "EEXIST"],
  ["open a odd rn", REFUSED],
  ["open a odd rd", "ENOTDIR"],
  ["open a odd/ r", "ENOTDIR"],
  ["open a odd/x rwc", "ENOTDIR"],
  ["readlink odd", "EINVAL"],
  ["mkdir odd", "EEXIST"],
  ["rmdir odd", "ENOTDIR"],
  ["symlink x odd", "EEXIST"],
  ["settimes odd", "ok"],
  ["symlink odd to-odd", "ok"],
  ["open a to-odd r", REFUSED],
  ["open d . rd", "ok"],
  ["list d", "ok odd to-odd@"],
  ["link odd twin", "ok"],
  ["open a twin r", REFUSED],
  ["unlink twin", "ok"],
  ["rename odd moved", "ok"],
  ["open a moved r", REFUSED],
  ["rename moved odd", "ok"],
];

describe.runIf(process.platform === "linux")("what is neither a file nor a directory", () => {
  /** Starts a shell that opens the FIFO and waits for its other end. */
  async function waitingShell(command: string): Promise<ChildProcess> {
    const child = spawn("sh", ["-c", `echo ready; ${command}`], {
      cwd: mount,
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (child.stdout === null) throw new Error("no output");
    await once(child.stdout, "data");
    return child;
  }

  test("a FIFO: who waits at its other end is not let go", async () => {
    expect(spawnSync("mkfifo", [join(mount, "odd")]).status).toBe(0);
    const writer = await waitingShell("echo through > odd");
    const reader = await waitingShell("mkfifo other; read line < other");
    const exited = Promise.all([once(writer, "exit"), once(reader, "exit")]);
    while (!nodeFs.existsSync(join(mount, "other"))) await sleep(5);
    await sleep(50);
    await expectCalls(
      fixture.engine,
      image,
      [...CALLS.filter(([call]) => !call.startsWith("list")), ["open a other w", REFUSED]],
      { grants: { fs: grantOf(mount) } },
    );
    expect([writer.exitCode, reader.exitCode]).toEqual([null, null]);
    // What was written comes to whoever opens it really.
    const bytes = Buffer.alloc(16);
    const fd = openSync(join(mount, "odd"), "r");
    expect(bytes.toString("utf8", 0, readSync(fd, bytes))).toBe("through\n");
    closeSync(fd);
    closeSync(openSync(join(mount, "other"), "w"));
    await exited;
  });

  test("a socket", async () => {
    let connections = 0;
    const server = createServer(() => connections++);
    await new Promise<void>((resolve) => server.listen(join(mount, "odd"), resolve));
    await expectCalls(fixture.engine, image, CALLS, { grants: { fs: grantOf(mount) } });
    expect(connections).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });

  test("a device", async () => {
    if (spawnSync("mknod", [join(mount, "odd"), "c", "1", "3"]).status === 0) {
      await expectCalls(fixture.engine, image, CALLS, { grants: { fs: grantOf(mount) } });
    }
    await expectCalls(
      fixture.engine,
      image,
      [
        ["open a null r", REFUSED],
        ["open a zero rw", REFUSED],
        ["open a tty rw", REFUSED],
        ["open a ptmx rw", REFUSED],
        ["open a null wct", REFUSED],
        ["stat null", "ok link 1 0"],
      ],
      { grants: { fs: grantOf("/dev") } },
    );
  });

  test("they are looked at without being opened", () => {
    const dev = openHostDirectory("/dev", { access: "read-write" });
    if (typeof dev === "number") throw new Error(`errno ${dev}`);
    const opened: number[] = [];
    const real = nodeFs.openSync;
    nodeFs.openSync = (path, flags, mode) => {
      opened.push(Number(flags));
      return real(path, flags, mode);
    };
    syncBuiltinESMExports();
    try {
      expect(dev.open("null", OPEN_READ)).toBe(-ENXIO);
      expect(dev.open("null", OPEN_WRITE)).toBe(-ENXIO);
      expect(dev.open("null", OPEN_WRITE | OPEN_CREATE)).toBe(-ENXIO);
    } finally {
      nodeFs.openSync = real;
      syncBuiltinESMExports();
      dev.close();
    }
    // Either no more than a hold on the file, or what fails where there is one.
    const exclusive = constants.O_CREAT | constants.O_EXCL;
    for (const flags of opened) {
      expect((flags & O_PATH) !== 0 || (flags & exclusive) === exclusive).toBe(true);
    }
    expect(opened.length).toBe(4);
  });
});
