/** What a container's audit says was used, and refused: of all its processes, however they ended. */
import type { ContainerAudit } from "safedock";
import { describe, expect, test } from "vitest";
import { useCommandFixture } from "../support/command-fixture.js";
import { CommandGuest } from "./command-guest.js";

const fixture = useCommandFixture();

/** The names of what was used. */
function usedOf(audit: ContainerAudit): string[] {
  const kinds = ["env", "args", "clock", "sleep", "random", "stdin", "stdout", "stderr"] as const;
  const mounts = audit.fs.flatMap((mount) =>
    (["looked", "read", "created", "changed", "removed"] as const)
      .filter((use) => mount[use])
      .map((use) => `${mount.target} ${use}`),
  );
  return [...kinds.filter((kind) => audit[kind]), ...mounts];
}

describe("container.audit", () => {
  test("is empty for a container that never ran", async () => {
    await using container = await fixture.engine.createContainer(fixture.commands, {
      grants: { clock: "real", fs: [{ source: fixture.data, target: "/data" }] },
    });
    const audit = container.audit();
    expect(usedOf(audit)).toEqual([]);
    expect(audit).toMatchObject({
      ...{ processes: 0, denials: [], otherDenials: 0 },
      grants: { clock: "real", fs: [{ source: fixture.data, target: "/data" }] },
      fs: [
        { target: "/", type: "image" },
        { target: "/data", type: "bind" },
      ],
    });
  });

  test.each([
    ["clock", ["clock"]],
    ["sleep 1", ["sleep"]],
    ["random", ["random"]],
    ["args", ["args"]],
    ["env", ["env"]],
    ["error", ["stderr"]],
    ["stat 4 there", ["/data looked"]],
    ["list 4", ["/data looked"]],
    ["open 4 there", ["/data looked"]],
    ["view 4 there;reread", ["/data read"]],
    ["hold 4 there;rewrite", ["/data changed"]],
    ["create 4 new", ["/data created"]],
    ["mkdir 4 new", ["/data created"]],
    ["create 4 there", ["/data changed"]],
    ["unlink 4 there", ["/data removed"]],
    ["stat 3 x", ["/ looked"]],
    ["create 3 x", ["/ created"]],
    ["create 5 x", ["/tmp created"]],
  ])("%s uses %j", async (command, used) => {
    await using container = await fixture.engine.createContainer(fixture.commands, {
      grants: {
        fs: [
          { source: fixture.data, target: "/data", access: "read-write" },
          { type: "memory", target: "/tmp" },
        ],
      },
    });
    const guest = await CommandGuest.start(container);
    for (const each of command.split(";")) await guest.ask(each);
    const found = usedOf(container.audit());
    expect(found).toEqual(expect.arrayContaining(["stdin", "stdout", ...used]));
    const [kind = ""] = used;
    // Nothing of another mount, and of this one nothing that changes more than was done.
    const order = ["looked", "read", "created", "changed", "removed"];
    const [target, use = ""] = kind.split(" ");
    for (const other of found.filter((text) => text.startsWith("/"))) {
      const [otherTarget, otherUse = ""] = other.split(" ");
      expect(otherTarget).toBe(target);
      expect(order.indexOf(otherUse)).toBeLessThanOrEqual(order.indexOf(use));
    }
    expect(await guest.end()).toBe(0);
  });

  test("holds for a guest that is killed, and after the removal", async () => {
    const container = await fixture.engine.createContainer(fixture.commands, {
      grants: { fs: [{ source: fixture.data, target: "/data", access: "read-write" }] },
    });
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("create 4 new")).toBe("SUCCESS");
    expect(await guest.ask("random")).toBe("SUCCESS");
    guest.send("loop stat 3 ../x");
    expect(await guest.line()).toBe("looping");
    await container.kill();
    expect(await guest.process.wait()).toMatchObject({ reason: "killed" });
    const audit = container.audit();
    expect(usedOf(audit)).toEqual(
      expect.arrayContaining(["random", "stdin", "stdout", "/data created"]),
    );
    expect(audit.denials).toMatchObject([
      { kind: "fs", call: "path_filestat_get", path: "/../x", errno: "EPERM" },
    ]);
    expect(audit.denials[0]?.count).toBeGreaterThan(0);
    await container.remove();
    expect(container.audit()).toEqual(audit);
  });

  test("takes all processes together, and counts exactly those calls that ended by themselves", async () => {
    await using container = await fixture.engine.createContainer(fixture.commands);
    const main = await CommandGuest.start(container);
    for (let turn = 0; turn < 11; turn++) expect(await main.ask("stat 3 /x")).toBe("EPERM");
    expect(await main.end()).toBe(0);
    const other = new CommandGuest(await container.exec(["/commands.wasm"]));
    for (let turn = 0; turn < 6; turn++) expect(await other.ask("stat 3 /x")).toBe("EPERM");
    expect(await other.ask("random")).toBe("SUCCESS");
    expect(await other.end()).toBe(0);
    const audit = container.audit();
    expect(audit).toMatchObject({ processes: 2, random: true, clock: false });
    expect(audit.denials).toMatchObject([{ path: "/x", count: 17 }]);
  });

  test("says nothing of another container's use, whose records are used again", async () => {
    for (let round = 0; round < 3; round++) {
      const first = await fixture.engine.createContainer(fixture.commands);
      const guest = await CommandGuest.start(first);
      await guest.ask("random");
      first.revokeGrants(["random", "stderr"]);
      expect(await guest.end()).toBe(0);
      await first.remove();
      await using second = await fixture.engine.createContainer(fixture.commands);
      const other = await CommandGuest.start(second);
      expect(await other.ask("error")).toBe("SUCCESS");
      expect(second.audit().random).toBe(false);
      expect(await other.ask("random")).toBe("SUCCESS");
      expect(await other.end()).toBe(0);
    }
  });
});

describe("engine.run", () => {
  test("gives an audit when it is asked for one", async () => {
    const { audit } = await fixture.engine.run(fixture.commands, {
      ...{ audit: true, stdin: "random\nstat 3 /x\nstat 3 /x\nstat 3 /x\n" },
      grants: { random: { seed: 1 } },
    });
    expect(audit).toMatchObject({ processes: 1, random: true, stdin: true, clock: false });
    expect(audit?.denials).toMatchObject([{ path: "/x", count: 3 }]);
    expect(audit?.grants).toEqual({ random: { seed: "1" } });
  });

  test("gives none when it is not", async () => {
    const result = await fixture.engine.run(fixture.commands);
    expect(result).not.toHaveProperty("audit");
    const wrong = fixture.engine.run(fixture.commands, { audit: "yes" as never });
    await expect(wrong).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  });

  test("gives one of a guest that ran out of time", async () => {
    const { reason, audit } = await fixture.engine.run(fixture.commands, {
      ...{ audit: true, stdin: "random\nloop stat 3 /x\n", limits: { timeoutMs: 200 } },
    });
    expect(reason).toBe("timeout");
    expect(audit).toMatchObject({ random: true, denials: [{ path: "/x" }] });
  });
});
