/** The app's services in runs without a container, and taken back from guests that use them. */
import {
  type DeniedEvent,
  isSafedockError,
  type LogEvent,
  type LogRecord,
  memoryStore,
} from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { componentPath } from "../real-guests/components.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { failureOf } from "./guest-failure.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

const load = (guest: string) => fixture.engine.loadImage(componentPath(`services/${guest}`));

describe("run", () => {
  it("has stores, configuration and logs as a container has them", async () => {
    const image = await load("report");
    const visits = memoryStore();
    const records: LogRecord[] = [];
    const events: LogEvent[] = [];
    const listener = (event: LogEvent): void => void events.push(event);
    fixture.engine.on("log", listener);
    const options = {
      grants: { keyvalue: ["default"], config: { say: "done" }, logging: true },
      stores: { default: visits },
      onLog: (record: LogRecord) => void records.push(record),
      audit: true,
    };
    const results = await Promise.all([1, 2, 3].map(() => fixture.engine.run(image, options)));
    fixture.engine.off("log", listener);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await visits.increment("runs", 0n)).toBe(3n);
    expect(records.map(({ message, context }) => `${context}: ${message}`)).toEqual(
      Array(3).fill("report: done"),
    );
    expect(events).toEqual(records.map((record) => ({ image, ...record })));
    expect(results[0]?.audit).toMatchObject({
      config: true,
      keyvalue: ["default"],
      logging: true,
      sockets: [],
      denials: [],
    });
  });

  it("has a default store of its own", async () => {
    const image = await load("report");
    const grants = { keyvalue: [""], config: { say: "done" } };
    for (let n = 0; n < 2; n++) expect((await fixture.engine.run(image, { grants })).code).toBe(0);
  });

  it("without a grant is told no, and so is the app", async () => {
    const image = await load("report");
    const denied: DeniedEvent[] = [];
    const listener = (event: DeniedEvent): void => void denied.push(event);
    fixture.engine.on("denied", listener);
    expect((await fixture.engine.run(image)).code).toBe(1);
    fixture.engine.off("denied", listener);
    expect(denied).toMatchObject([
      { kind: "keyvalue", call: "open", path: "default", grant: { keyvalue: ["default"] } },
    ]);
  });

  it("says beforehand what it could use", async () => {
    const { programs } = await fixture.engine.requirements(await load("report"));
    expect(programs[0]?.grants).toEqual(["config", "keyvalue", "logging"]);
    expect(programs[0]?.unknownImports).toEqual([]);
    const sockets = await fixture.engine.requirements(await load("tcp"));
    expect(sockets.programs[0]?.grants).toEqual(["sockets"]);
  });

  it.each([
    [{ onLog: "console" }, "onLog"],
    [{ stores: { a: new Map() } }, "stores"],
    [{ grants: { keyvalue: ["nowhere"] } }, "grants.keyvalue"],
  ])("%j is a mistake", async (options, text) => {
    const running = fixture.engine.run(await load("report"), options as never);
    await expect(running).rejects.toSatisfy(
      (error) => isSafedockError(error, "ERR_OPTIONS_INVALID") && error.message.includes(text),
    );
  });
});

describe("what is taken back", () => {
  it("of stores is refused at the next request", async () => {
    const image = await load("stores");
    await using container = await fixture.engine.createContainer(image, {
      grants: { keyvalue: ["default", "other"] },
      stores: { other: memoryStore() },
    });
    await container.call("open", "other");
    await container.call("set", "a", new Uint8Array([1]));
    container.revokeGrants(["keyvalue:other"]);
    expect(await failureOf(container.call("get", "a"))).toBe("access-denied");
    expect(await failureOf(container.call("open", "other"))).toBe("access-denied");
    expect(await failureOf(container.call("open", ""))).toBe("none");
    expect(container.inspect().grants.keyvalue).toEqual(["default"]);
    expect(container.audit().denials).toMatchObject([
      { kind: "keyvalue", call: "get", path: "other", count: 1 },
      { kind: "keyvalue", call: "open", path: "other", count: 1 },
    ]);
  });

  it("of logs is heard no more", async () => {
    const records: LogRecord[] = [];
    await using container = await fixture.engine.createContainer(await load("log"), {
      grants: { logging: "debug" },
      onLog: (record) => void records.push(record),
    });
    await container.call("log", 1, "", "one");
    container.narrowGrants({ logging: "warn" });
    await container.call("log", 1, "", "two");
    await container.call("log", 3, "", "three");
    container.revokeGrants(["logging"]);
    await container.call("log", 5, "", "four");
    expect(records.map(({ message }) => message)).toEqual(["one", "three"]);
    expect(container.audit().denials).toMatchObject([{ kind: "logging", call: "log", count: 1 }]);
  });

  it("of what is configured is gone for processes that have not asked", async () => {
    await using container = await fixture.engine.createContainer(await load("config"), {
      grants: { config: { a: "1", b: { secret: "2" } } },
    });
    // What inspect shows may be given back: hidden values are the present ones.
    const { config } = container.inspect().grants;
    container.narrowGrants({ config: { b: config["b"] ?? "" } });
    expect(await container.call("all")).toEqual([["b", "2"]]);
    expect(() => container.narrowGrants({ config: { a: "1" } })).toThrow("config.a");
  });

  it("must be less than what there was", async () => {
    await using container = await fixture.engine.createContainer(await load("tcp"), {
      grants: { sockets: { tcp: { connect: ["10.0.0.0/8:5432"] } }, logging: "warn" },
    });
    for (const [grants, text] of [
      [{ sockets: { tcp: { connect: ["10.0.0.0/8:*"] } } }, "tcp.connect 10.0.0.0/8:*"],
      [{ sockets: { udp: { connect: ["10.0.0.5:5432"] } } }, "udp.connect 10.0.0.5:5432"],
      [{ sockets: { lookup: true } }, "lookup"],
      [{ keyvalue: ["default"] }, "keyvalue default"],
      [{ config: { a: "1" } }, "config.a"],
      [{ logging: "info" }, "logging"],
    ] as const) {
      expect(() => container.narrowGrants(grants)).toThrow(text);
    }
    container.narrowGrants({ sockets: { tcp: { connect: ["10.1.2.3:5432"] } }, logging: "error" });
    expect(container.inspect().grants.sockets.tcp).toEqual({
      connect: ["10.1.2.3:5432"],
      listen: [],
    });
    expect(() => container.revokeGrants(["sockets:tcp.connect 10.9.9.9:1", "config:x"])).toThrow(
      "no grant of the container",
    );
    container.revokeGrants(["sockets", "logging"]);
    expect(container.inspect().grants).toMatchObject({
      sockets: { tcp: { connect: [] } },
      logging: false,
    });
  });
});
