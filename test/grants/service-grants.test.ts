/** Grants of sockets, configuration, stores and logs: asked for, approved, compared, taken back, suggested. */
import { describe, expect, it } from "vitest";
import {
  approveGrants,
  type ContainerAudit,
  diffGrants,
  type GrantRequest,
  type Grants,
  isSafedockError,
  parseGrants,
  suggestGrants,
} from "safedock";

/** The problems of what is thrown. */
function problemsOf(call: () => unknown): readonly string[] {
  try {
    call();
  } catch (error) {
    if (isSafedockError(error, "ERR_OPTIONS_INVALID")) return error.data.problems;
    throw error;
  }
  return [];
}

describe("a mistake", () => {
  it("is named by where it is", () => {
    const grants = {
      sockets: { tcp: { connect: ["10.0.0.5:0", "10.0.0.5"], listen: ["db.test:80"] }, lookup: 1 },
      config: { a: 1, b: { secret: "s", more: true } },
      keyvalue: ["a", 2],
      logging: "loud",
    };
    expect(problemsOf(() => parseGrants(grants))).toEqual([
      expect.stringMatching(/^grants\.sockets\.tcp\.connect\[0\]: /),
      expect.stringMatching(/^grants\.sockets\.tcp\.connect\[1\]: /),
      expect.stringMatching(/^grants\.sockets\.tcp\.listen\[0\]: /),
      expect.stringMatching(/^grants\.sockets\.lookup: /),
      expect.stringMatching(/^grants\.config\["a"\]: /),
      expect.stringMatching(/^grants\.config\["b"\]: /),
      expect.stringMatching(/^grants\.keyvalue\[1\]: /),
      expect.stringMatching(/^grants\.logging: /),
    ]);
  });

  it("in a secret does not show it", () => {
    const problems = problemsOf(() => parseGrants({ config: { a: { secrte: "t0ps3cret" } } }));
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain("t0ps3cret");
  });
});

describe("diffGrants", () => {
  const lines = (old: Grants | GrantRequest, next: Grants | GrantRequest) =>
    diffGrants(old, next).changes.map(({ grant, kind }) => `${grant} ${kind}`);

  it("names each entry", () => {
    const next: Grants = {
      sockets: { tcp: { connect: ["10.0.0.5:5432"], listen: ["[::1]:80"] }, lookup: ["db.test"] },
      config: { LEVEL: "debug" },
      keyvalue: ["", "sessions"],
      logging: "warn",
    };
    expect(lines({}, next)).toEqual([
      "sockets:tcp.connect 10.0.0.5:5432 added",
      "sockets:tcp.listen [::1]:80 added",
      "sockets:lookup db.test added",
      "config:LEVEL added",
      "keyvalue:default added",
      "keyvalue:sessions added",
      "logging added",
    ]);
    expect(diffGrants(next, next).changes).toEqual([]);
    expect(diffGrants(next, {}).widens).toBe(false);
  });

  it.each<[string, Grants, Grants, boolean]>([
    ["a part of a network", tcp("10.0.0.0/8:*"), tcp("10.1.0.0/16:80-90"), false],
    ["more than a network", tcp("10.1.0.0/16:80-90"), tcp("10.0.0.0/8:*"), true],
    ["another port", tcp("10.0.0.5:80"), tcp("10.0.0.5:81"), true],
    ["a part that is special", tcp("*:80"), tcp("10.0.0.5:80"), true],
    ["a part that is not", tcp("*:80"), tcp("93.184.216.34:80"), false],
    ["a name below another", tcp("*.db.test:80"), tcp("a.db.test:80"), false],
    ["what was covered twice", tcp("*:80", "93.184.216.34:80"), tcp("*:80"), false],
    ["all names", { sockets: { lookup: ["db.test"] } }, { sockets: { lookup: true } }, true],
    ["another value", { config: { a: "1" } }, { config: { a: "2" } }, true],
    ["a lower level", { logging: "warn" }, { logging: "debug" }, true],
    ["a higher level", { logging: true }, { logging: "error" }, false],
  ])("%s", (_, old, next, widens) => {
    expect(diffGrants(old, next).widens).toBe(widens);
  });

  it("hides secrets, and tells that they have changed", () => {
    const { text, changes } = diffGrants(
      { config: { door: { secret: "one1one1" } } },
      { config: { door: { secret: "two2two2" } } },
    );
    expect(changes).toMatchObject([{ grant: "config:door", from: "<hidden>", to: "<hidden>" }]);
    expect(text).not.toMatch(/one1|two2/);
  });

  it("compares what is asked for with what is granted by what both say", () => {
    const asked: GrantRequest = {
      config: ["LEVEL", { name: "TOKEN", optional: true }],
      sockets: { tcp: { connect: ["db.test:5432"] }, reason: "its database" },
    };
    const granted: Grants = { config: { LEVEL: "debug" }, sockets: asked.sockets ?? {} };
    expect(lines(asked, { ...granted, sockets: { tcp: { connect: ["db.test:5432"] } } })).toEqual([
      "config:TOKEN removed",
    ]);
  });
});

function tcp(...connect: string[]): Grants {
  return { sockets: { tcp: { connect } } };
}

describe("approveGrants", () => {
  const request: GrantRequest = {
    sockets: { tcp: { connect: ["*.db.test:5432"] }, reason: "orders" },
    config: ["LEVEL", { name: "TOKEN", optional: true, reason: "prices" }],
    keyvalue: ["", "sessions"],
    logging: "warn",
  };

  it("grants what the host gives", () => {
    const approval = {
      sockets: true,
      config: { LEVEL: "debug", TOKEN: { secret: "s" } },
      keyvalue: { default: true, sessions: null },
    } as const;
    expect(approveGrants(request, approval)).toEqual({
      sockets: { tcp: { connect: ["*.db.test:5432"] } },
      config: { LEVEL: "debug", TOKEN: { secret: "s" } },
      keyvalue: ["default"],
      logging: "warn",
    });
    const less = { tcp: { connect: ["a.db.test:5432"] } };
    expect(approveGrants(request, { ...approval, sockets: less }).sockets).toEqual(less);
    expect(approveGrants(request, { ...approval, sockets: null }).sockets).toBeUndefined();
  });

  it("wants an answer to each that is not optional, and nothing else", () => {
    expect(problemsOf(() => approveGrants(request))).toEqual([
      expect.stringMatching(/^sockets: /),
      expect.stringMatching(/^config\["LEVEL"\]: /),
      expect.stringMatching(/^keyvalue\["default"\]: /),
      expect.stringMatching(/^keyvalue\["sessions"\]: /),
    ]);
    const more = {
      sockets: { tcp: { connect: ["*:5432"] } },
      config: { LEVEL: "debug", OTHER: "x" },
      keyvalue: { default: true, sessions: true, other: true },
    } as const;
    expect(problemsOf(() => approveGrants(request, more))).toEqual([
      expect.stringMatching(/^sockets tcp\.connect \*:5432: is more/),
      expect.stringMatching(/^config: .*"OTHER"/),
      expect.stringMatching(/^keyvalue: .*"other"/),
    ]);
    expect(problemsOf(() => approveGrants({}, { sockets: true }))).toEqual([
      expect.stringMatching(/^sockets: /),
    ]);
  });

  it("takes no odd request", () => {
    const odd = {
      sockets: { tcp: { connect: ["nowhere"] }, reason: "two\nlines" },
      config: { LEVEL: "debug" },
      keyvalue: "default",
    };
    expect(problemsOf(() => approveGrants(odd as never))).toHaveLength(4);
  });
});

describe("suggestGrants", () => {
  const audit: ContainerAudit = {
    grants: {
      sockets: { tcp: { connect: ["*:443", "10.0.0.0/8:*"] }, lookup: true },
      config: { LEVEL: "debug" },
      keyvalue: ["default", "sessions"],
      logging: "info",
    },
    processes: 1,
    fs: [],
    env: false,
    args: true,
    clock: false,
    sleep: false,
    random: true,
    stdin: true,
    stdout: true,
    stderr: true,
    http: [],
    sockets: [],
    config: false,
    keyvalue: [],
    logging: false,
    denials: [],
    otherDenials: 0,
  };

  it("takes away what was not used", () => {
    expect(suggestGrants(audit)).toEqual({});
  });

  it("keeps what was used, and adds what was refused", () => {
    const suggested = suggestGrants({
      ...audit,
      sockets: [
        { grant: "lookup", target: "db.test", count: 1 },
        { grant: "lookup", target: "other.test", count: 1 },
        { grant: "tcp.connect", target: "db.test:443", count: 3 },
        { grant: "udp.listen", target: "127.0.0.1:53", count: 1 },
      ],
      config: true,
      keyvalue: ["sessions"],
      logging: true,
      denials: [
        {
          kind: "sockets",
          call: "start-connect",
          path: "tcp://10.0.0.5:80",
          errno: "EACCES",
          grant: { sockets: { tcp: { connect: ["10.0.0.5:80"] } } },
          count: 1,
        },
        {
          kind: "keyvalue",
          call: "open",
          path: "other",
          errno: "EACCES",
          grant: { keyvalue: ["other"] },
          count: 2,
        },
      ],
    });
    expect(suggested).toEqual({
      sockets: {
        tcp: { connect: ["db.test:443", "10.0.0.5:80"] },
        udp: { listen: ["127.0.0.1:53"] },
        lookup: ["other.test"],
      },
      config: { LEVEL: "debug" },
      keyvalue: ["sessions", "other"],
      logging: "info",
    });
  });
});
