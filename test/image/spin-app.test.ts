import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { parseSpinApp } from "../../src/image/spin-app.js";

const lock = {
  spin_lock_version: 1,
  must_understand: ["host_requirements"],
  metadata: { name: "app" },
  host_requirements: { local_service_chaining: "optional" },
  triggers: [
    {
      id: "t",
      trigger_type: "http",
      trigger_config: { component: "web", route: { private: true } },
    },
    { id: "u", trigger_type: "http", trigger_config: { component: "web", route: "/a/..." } },
  ],
  components: [
    {
      id: "web",
      source: { content_type: "application/wasm", digest: `sha256:${"a".repeat(64)}` },
      env: { __proto__X: "1", A: "b" },
      files: [{ path: "a/b", inline: "QQ==" }],
      dependencies: {},
    },
  ],
};
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("parseSpinApp", () => {
  test("reads components, their content and what calls them", () => {
    expect(parseSpinApp(bytesOf(lock))).toEqual([
      {
        id: "web",
        source: { digest: `sha256:${"a".repeat(64)}` },
        files: [{ path: "a/b", inline: Buffer.from("A") }],
        env: { __proto__X: "1", A: "b" },
        triggers: [{ type: "http" }, { type: "http", route: "/a/..." }],
      },
    ]);
  });

  test("names of Object's own are names like any other", () => {
    const text = JSON.stringify(lock)
      .replaceAll('"web"', '"__proto__"')
      .replace('"A":"b"', '"__proto__":"c","constructor":"d"');
    const [component] = parseSpinApp(Buffer.from(text));
    expect(component?.id).toBe("__proto__");
    expect(component?.triggers).toHaveLength(2);
    expect(Object.entries(component?.env ?? {})).toContainEqual(["__proto__", "c"]);
    expect(Object.getPrototypeOf(component?.env)).toBeNull();
  });

  test("any change of it: components, or an error with a code", () => {
    const paths = [...pathsOf(lock)];
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("", "..", "/", "\0", "redis", [], {}, null, 1e99, -1, "x".repeat(1000)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(paths.length - 1), value), { maxLength: 4 }),
        (changes) => {
          const changed = structuredClone<unknown>(lock);
          for (const [at, replacement] of changes) put(changed, paths[at] ?? [], replacement);
          try {
            for (const { files } of parseSpinApp(bytesOf(changed))) {
              for (const { path } of files) expect(path).not.toMatch(/^\/|(^|\/)\.\.?(\/|$)|\0/);
            }
          } catch (error) {
            if (!isSafedockError(error)) throw error;
            expect(error.code).toMatch(/^ERR_(CONFIG_INVALID|MANIFEST_UNSUPPORTED)$/);
          }
        },
      ),
      { numRuns: 5000, seed: 6 },
    );
  });
});

/** The ways to every value inside of a document. */
function* pathsOf(value: unknown, above: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    const path = [...above, name];
    yield path;
    yield* pathsOf(item, path);
  }
}

function put(value: unknown, [name = "", ...rest]: readonly string[], replacement: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (rest.length > 0) put(Reflect.get(value, name), rest, replacement);
  else Reflect.set(value, name, replacement);
}
