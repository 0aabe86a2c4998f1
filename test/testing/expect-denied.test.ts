import { expectDenied } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditGuest } from "../audit/command-guest.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

const OPTIONS = {
  ...{ audit: true, stdin: "random\nstat 3 /etc/x\nstat 3 /etc/x\n" },
  grants: { random: "denied" },
} as const;

describe("expectDenied", () => {
  test("gives the denial that is meant", async () => {
    const commands = await fixture.engine.loadImage(auditGuest("commands"));
    const { audit } = await fixture.engine.run(commands, OPTIONS);
    expect(expectDenied(audit, { kind: "fs", path: "/etc/x" })).toMatchObject({ count: 2 });
    expect(expectDenied(audit, { errno: "EPERM" })).toMatchObject({ kind: "random" });
    await using container = await fixture.engine.createContainer(commands, { grants: {} });
    const main = await container.start();
    main.stdin.end("sock\n");
    await main.wait();
    expect(expectDenied(container, { kind: "sockets" })).toMatchObject({ call: "sock_shutdown" });
  });

  test("throws with all that there were", async () => {
    const commands = await fixture.engine.loadImage(auditGuest("commands"));
    const { audit } = await fixture.engine.run(commands, OPTIONS);
    expect(() => expectDenied(audit, { kind: "fs", path: "/etc/y" })).toThrow(
      'no such denial: {"kind":"fs","path":"/etc/y"}; there were:\n' +
        "  random random_get EPERM (1×)\n  fs path_filestat_get /etc/x EPERM (2×)",
    );
    const none = { denials: [] };
    expect(() => expectDenied(none, { kind: "fs" })).toThrow("there were none");
    expect(() => expectDenied(undefined, {})).toThrow(TypeError);
  });
});
