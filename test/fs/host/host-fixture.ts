/** A host directory for one test, with a secret beside it that no guest may ever reach. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, isErrno } from "../../../src/fs/node.js";
import type { Directory, File } from "../../../src/fs/node.js";
import { openHostDirectory } from "../../../src/fs/host/open-host-directory.js";
import type { HostDirectoryOptions } from "../../../src/fs/host/open-host-directory.js";

/** The descriptor way is Linux's; everywhere the other one is tested. */
export const REACHES =
  process.platform === "linux" ? (["descriptor", "path"] as const) : (["path"] as const);

export const SECRET = "the host's secret";

export class HostFixture {
  /** Holds `mount`, which is opened, and `secret/file`, which is not. */
  readonly base = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), "safedock-host-"));
  readonly mount = join(this.base, "mount");
  readonly secret = join(this.base, "secret");
  readonly #opened: Directory[] = [];

  constructor() {
    fs.mkdirSync(this.mount);
    fs.mkdirSync(this.secret);
    fs.writeFileSync(join(this.secret, "file"), SECRET);
  }

  path(...segments: string[]): string {
    return join(this.mount, ...segments);
  }

  open(options: HostDirectoryOptions): Directory {
    const root = directory(openHostDirectory(this.mount, options));
    this.#opened.push(root);
    return root;
  }

  remove(): void {
    for (const opened of this.#opened) opened.close();
    fs.rmSync(this.base, { recursive: true, force: true });
  }
}

export function directory(answer: Directory | File | number): Directory {
  if (isErrno(answer) || answer.type !== FILETYPE_DIRECTORY) {
    throw new Error(`expected a directory, got ${isErrno(answer) ? answer : "a file"}`);
  }
  return answer;
}

export function file(answer: Directory | File | number): File {
  if (isErrno(answer) || answer.type !== FILETYPE_REGULAR_FILE) {
    throw new Error(`expected a file, got ${isErrno(answer) ? answer : "a directory"}`);
  }
  return answer;
}

/** The first 256 bytes of a file, which it closes. */
export function text(from: File): string {
  const bytes = new Uint8Array(256);
  const count = from.read(bytes, 0, bytes.length, 0);
  from.close();
  return Buffer.from(bytes.subarray(0, count)).toString();
}

/** Open descriptors of this process, for tests that nothing leaks. */
export function openDescriptors(): number {
  return fs.readdirSync("/proc/self/fd").length;
}
