import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { requirePackages } from "./debian-packages.js";

const run = promisify(execFile);

/** Longest start, in milliseconds: it takes 100 on an idle machine. */
const START_TIMEOUT_MS = 20_000;
/** Views made anew when one was collected before it was looked at. */
const MAX_VIEW_TRIES = 20;
/** What stays out: it looks for networks, devices and file systems of the machine. */
const DISABLED = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  ...["aufs", "btrfs", "devmapper", "overlayfs", "zfs"].map(
    (name) => `io.containerd.snapshotter.v1.${name}`,
  ),
];

export interface Containerd extends AsyncDisposable {
  /** Runs `ctr` on it, in a namespace of its own; gives what it prints. */
  ctr(...args: readonly string[]): Promise<string>;
  /** The folder with the files of an image that was imported with `--snapshotter native`, until `close`. */
  unpacked(chainId: string): Promise<string>;
  /** Stops it and removes what it stored. */
  close(): Promise<void>;
}

/** Starts a containerd with its root, state and socket in a temporary folder. Needs root. */
export async function startContainerd(): Promise<Containerd> {
  await requirePackages(["containerd"]);
  const folder = await mkdtemp(join(tmpdir(), "safedock-containerd-"));
  const address = join(folder, "socket");
  let child: ChildProcess | undefined;
  const close = async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const ctr = async (...args: readonly string[]) => {
    const all = ["--address", address, "--namespace", "safedock-test", ...args];
    return (await run("ctr", all, { maxBuffer: 2 ** 26 })).stdout;
  };
  let views = 0;
  const unpacked = async (chainId: string) => {
    const snapshots = ["snapshots", "--snapshotter", "native"];
    const mountOf = async (tries: number): Promise<string> => {
      const key = `view-${views++}`;
      await ctr(...snapshots, "view", key, chainId);
      // Prints the command that would bind the folder of the snapshot: it can be read where it lies.
      return ctr(...snapshots, "mounts", "/target", key).catch((error: unknown) => {
        // A view is nobody's, and may be collected when an import has just ended.
        if (tries === 0) throw error;
        return mountOf(tries - 1);
      });
    };
    const command = await mountOf(MAX_VIEW_TRIES);
    const source = /(?:^|\s)(\/\S*\/snapshots\/\d+)\s/.exec(command)?.[1];
    if (source === undefined) throw new Error(`no folder in ${command}`);
    return source;
  };
  try {
    await writeFile(join(folder, "config.toml"), configOf(folder));
    child = spawn("containerd", ["--config", join(folder, "config.toml"), "--address", address], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    await started(child);
    return { ctr, unpacked, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function configOf(folder: string): string {
  return `version = 2
root = ${JSON.stringify(join(folder, "root"))}
state = ${JSON.stringify(join(folder, "state"))}
disabled_plugins = ${JSON.stringify(DISABLED)}
`;
}

/** Reads the log until it says so; later lines are read on, so that the pipe never fills. */
async function started(child: ChildProcess): Promise<void> {
  const { stderr } = child;
  if (stderr === null) throw new Error("containerd has no log");
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`containerd ${why}\n${seen.join("\n")}`));
    const timer = setTimeout(() => fail("did not start in time"), START_TIMEOUT_MS);
    createInterface(stderr).on("line", (line) => {
      if (seen.length < 100) seen.push(line);
      if (!line.includes("containerd successfully booted")) return;
      clearTimeout(timer);
      resolve();
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}
