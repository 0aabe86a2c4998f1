/** The interfaces as objects: what jco falls back to where it does not take the direct form. */
import { describe, expect, it } from "vitest";
import { MAX_RESOURCES } from "../../../src/wasi/preview2/limits.js";
import { beginComponent, drop, errorOf } from "./test-component.js";

const READ_WRITE = { read: true, write: true };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (of: Uint8Array): string => new TextDecoder().decode(of);

function beginFiles() {
  const { imports, ...rest } = beginComponent();
  const [preopen] = imports["wasi:filesystem/preopens"].getDirectories();
  if (preopen === undefined) throw new Error("there is no preopen");
  const [root, name] = preopen;
  return { ...rest, imports, root, name };
}

describe("wasi:filesystem", () => {
  it("writes, reads, lists and says what is there", () => {
    const { root, name } = beginFiles();
    expect(name).toBe("/");
    root.createDirectoryAt("d");
    const file = root.openAt({}, "d/f", { create: true }, READ_WRITE);
    expect(file.write(bytes("0123456789"), 0n)).toBe(10n);
    expect(
      file.read(4n, 3n).map((part) => (part === false ? part : text(part as Uint8Array))),
    ).toEqual(["3456", false]);
    expect(file.read(100n, 10n)[1]).toBe(true);
    expect(file.getType()).toBe("regular-file");
    expect(file.getFlags()).toMatchObject({ read: true, write: true, mutateDirectory: false });
    expect(file.stat()).toMatchObject({ type: "regular-file", size: 10n, linkCount: 1n });
    file.setSize(3n);
    file.sync();
    file.syncData();
    file.advise(0n, 10n, "random");
    expect(root.statAt({}, "d/f").size).toBe(3n);
    root.symlinkAt("d/f", "l");
    expect(root.readlinkAt("l")).toBe("d/f");
    expect(root.statAt({}, "l").type).toBe("symbolic-link");
    expect(root.statAt({ symlinkFollow: true }, "l").size).toBe(3n);
    root.linkAt({}, "d/f", root, "hard");
    root.renameAt("hard", root, "moved");
    expect(root.isSameObject(root)).toBe(true);
    expect(file.isSameObject(root.openAt({}, "moved", {}, { read: true }))).toBe(true);
    expect(root.metadataHashAt({}, "moved")).toEqual(file.metadataHash());
    const entries = root.readDirectory();
    const names: string[] = [];
    for (let entry = entries.readDirectoryEntry(); entry !== undefined;) {
      names.push(`${entry.name} ${entry.type}`);
      entry = entries.readDirectoryEntry();
    }
    expect(names.sort()).toEqual(["d directory", "l symbolic-link", "moved regular-file"]);
    root.unlinkFileAt("moved");
    root.unlinkFileAt("d/f");
    root.removeDirectoryAt("d");
    expect(errorOf(() => root.statAt({}, "d"))).toBe("no-entry");
  });

  it("sets times: given, now, and as they are", () => {
    const { root } = beginFiles();
    const file = root.openAt({}, "f", { create: true }, READ_WRITE);
    const given = { tag: "timestamp", val: { seconds: 5n, nanoseconds: 7 } } as const;
    file.setTimes(given, { tag: "no-change" });
    expect(file.stat().dataAccessTimestamp).toEqual({ seconds: 5n, nanoseconds: 7 });
    root.setTimesAt({}, "f", { tag: "no-change" }, given);
    expect(file.stat().dataModificationTimestamp).toEqual({ seconds: 5n, nanoseconds: 7 });
    file.setTimes({ tag: "now" }, { tag: "now" });
    expect(file.stat().dataAccessTimestamp.seconds).toBe(1_700_000_000n);
    const never = { tag: "timestamp", val: { seconds: 2n ** 64n - 1n, nanoseconds: 0 } } as const;
    expect(errorOf(() => file.setTimes(never, never))).toBe("overflow");
  });

  it.each([
    ["../f", "not-permitted"],
    ["/f", "not-permitted"],
    ["", "no-entry"],
    ["none", "no-entry"],
    ["f/x", "not-directory"],
    ["a\0b", "invalid"],
    ["x".repeat(256), "name-too-long"],
    ["x/".repeat(3000), "name-too-long"],
  ])("open-at %j is %s", (path, code) => {
    const { root } = beginFiles();
    root.openAt({}, "f", { create: true }, READ_WRITE);
    expect(errorOf(() => root.openAt({}, path, {}, { read: true }))).toBe(code);
  });

  it("has no more open than the limit says, whatever became of the handles", () => {
    const { root } = beginFiles();
    root.openAt({}, "f", { create: true }, READ_WRITE);
    const open = () => root.openAt({}, "f", {}, { read: true });
    let code: unknown = "none";
    for (let count = 0; count < 20 && code === "none"; count++) code = errorOf(open);
    expect(code).toBe("insufficient-memory");
  });

  it("a stream says why it has failed, and is closed from then on", () => {
    const { imports, root } = beginFiles();
    const out = root.openAt({}, "f", { create: true }, READ_WRITE).appendViaStream();
    let error: unknown = "none";
    for (let count = 0; count < 1000 && error === "none"; count++) {
      error = errorOf(() => out.blockingWriteAndFlush(new Uint8Array(4096)));
    }
    expect(error).toMatchObject({ tag: "last-operation-failed" });
    const { val } = error as { readonly val: { toDebugString(): string } };
    expect(val.toDebugString()).toBe("insufficient-space");
    expect(imports["wasi:filesystem/types"].filesystemErrorCode(val)).toBe("insufficient-space");
    expect(errorOf(() => out.checkWrite())).toEqual({ tag: "closed" });
  });
});

describe("wasi:io and wasi:cli", () => {
  it("reads, skips, splices and writes", () => {
    const { imports, stdio } = beginComponent({}, "hello, world");
    const input = imports["wasi:cli/stdin"].getStdin();
    const output = imports["wasi:cli/stdout"].getStdout();
    expect(text(input.read(5n))).toBe("hello");
    expect(input.skip(2n)).toBe(2n);
    expect(text(input.blockingRead(1n))).toBe("w");
    expect(output.splice(input, 2n)).toBe(2n);
    expect(output.blockingSplice(input, 100n)).toBe(2n);
    expect(errorOf(() => input.read(1n))).toEqual({ tag: "closed" });
    expect(errorOf(() => input.blockingSkip(1n))).toEqual({ tag: "closed" });
    expect(output.checkWrite()).toBeGreaterThanOrEqual(4096n);
    output.write(bytes("!"));
    output.flush();
    output.blockingFlush();
    output.writeZeroes(1n);
    output.blockingWriteZeroesAndFlush(1n);
    expect(stdio.stdout.text()).toBe("orld!\0\0");
  });

  it("polls: all that is ready, in order; time alone does not pass in reality", () => {
    const { imports } = beginComponent();
    const { subscribeDuration, subscribeInstant, now } = imports["wasi:clocks/monotonic-clock"];
    const day = 86_400_000_000_000n;
    const [late, soon, past] = [
      subscribeDuration(2n * day),
      subscribeDuration(day),
      subscribeInstant(0n),
    ];
    expect(late.ready()).toBe(false);
    expect([...imports["wasi:io/poll"].poll([late, past])]).toEqual([1]);
    const before = now();
    expect([...imports["wasi:io/poll"].poll([late, soon])]).toEqual([1]);
    expect(now() - before).toBeLessThan(day + 1_000_000n);
    late.block();
    expect(late.ready()).toBe(true);
  });

  it("tells arguments, environment, working directory, and that there is no terminal", () => {
    const { imports } = beginComponent();
    const environment = imports["wasi:cli/environment"];
    expect(environment.getArguments()).toEqual(["prog", "ä"]);
    expect(environment.getEnvironment()).toEqual([
      ["A", "1"],
      ["PWD", "/work"],
    ]);
    expect(environment.initialCwd()).toBe("/work");
    expect(imports["wasi:cli/terminal-stdout"].getTerminalStdout()).toBeUndefined();
  });

  it("whoever has exited calls nothing more", () => {
    const { imports, preview2 } = beginComponent();
    expect(() => imports["wasi:cli/exit"].exitWithCode(7)).toThrow(preview2.exit);
    expect(preview2.exit.code).toBe(7);
    for (const call of [
      imports["wasi:random/random"].getRandomU64,
      imports["wasi:cli/stdin"].getStdin,
    ]) {
      expect(() => call()).toThrow(preview2.exit);
    }
    preview2.end();
  });
});

describe("resources", () => {
  const trap = WebAssembly.RuntimeError;

  it("are dropped once, and not before what was made from them", () => {
    const { imports } = beginComponent();
    const output = imports["wasi:cli/stdout"].getStdout();
    const ready = output.subscribe();
    drop(ready);
    drop(output);
    expect(() => output.checkWrite()).toThrow(trap);
    const second = beginComponent().imports["wasi:cli/stdout"].getStdout();
    second.subscribe();
    expect(() => drop(second)).toThrow(trap);
  });

  it("are of one type and of one process", () => {
    const { imports } = beginComponent();
    const error: unknown = errorOf(() =>
      imports["wasi:filesystem/types"].filesystemErrorCode(imports["wasi:cli/stdout"].getStdout()),
    );
    expect(error).toBeInstanceOf(trap);
    const old = beginComponent();
    const stdout = old.imports["wasi:cli/stdout"].getStdout();
    old.preview2.end();
    old.preview2.begin(beginComponent().context);
    expect(() => stdout.checkWrite()).toThrow(trap);
  });

  it("are bounded in their number", () => {
    const { imports, preview2 } = beginComponent();
    const { getStdout } = imports["wasi:cli/stdout"];
    let made = 0;
    expect(() => {
      for (; made <= MAX_RESOURCES; made++) getStdout();
    }).toThrow(trap);
    expect(made).toBe(MAX_RESOURCES);
    preview2.end();
  });
});
