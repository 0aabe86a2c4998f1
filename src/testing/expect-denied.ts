import { AssertionError } from "node:assert";

/** A denial as an audit of Safedock has it; only what is compared. */
export interface FoundDenial {
  readonly kind: string;
  readonly call: string;
  readonly path?: string;
  readonly errno: string;
  readonly count: number;
}

/** What has denials: an audit, or a container to ask for one. */
export type Audited =
  | { readonly denials: readonly FoundDenial[] }
  | {
      /** As `container.audit` has it. */
      audit(): { readonly denials: readonly FoundDenial[] };
    };

/** All that is given here must be as it is there. */
export interface ExpectedDenial {
  /** `fs`, `clock`, `random`, `stdio`, `sockets`, `http`, `config`, `keyvalue` or `logging`. */
  readonly kind?: string;
  /** The WASI function, or the operation on a file; the method, of `http`. */
  readonly call?: string;
  /** Absolute guest path, of `fs`; the stream's name, of `stdio`; the URL without its query, of `http`. */
  readonly path?: string;
  /** Such as `EPERM`. */
  readonly errno?: string;
}

/**
 * Asserts that a guest was refused a call for want of a grant, and gives the first such denial. Wait for the
 * end of the process before: until then the app may not have heard of it.
 *
 * @example
 * ```ts
 * const wasm = await engine.loadImage(bytes);
 * await using container = await engine.createContainer(wasm, { grants: { stdio: { stdout: "denied" } } });
 * await container.start();
 * await container.wait();
 * expectDenied(container, { kind: "stdio", path: "stdout" });
 * ```
 * @param subject - a container, or an audit: `container.audit()`, `result.audit` of `run` with `audit: true`.
 * @throws AssertionError with all denials that there were
 */
export function expectDenied(subject: Audited | undefined, expected: ExpectedDenial): FoundDenial {
  if (subject === undefined) throw new TypeError("there is no audit: run with audit: true");
  const { denials } = "denials" in subject ? subject : subject.audit();
  const found = denials.find((denial) =>
    NAMES.every((name) => expected[name] === undefined || expected[name] === denial[name]),
  );
  if (found !== undefined) return found;
  const lines = denials.map(
    ({ kind, call, path, errno, count }) =>
      `\n  ${[kind, call, path, errno].filter((part) => part !== undefined).join(" ")} (${count}×)`,
  );
  throw new AssertionError({
    message:
      `no such denial: ${JSON.stringify(expected)}; ` +
      (lines.length === 0 ? "there were none" : `there were:${lines.join("")}`),
    actual: denials,
    expected,
    operator: "expectDenied",
    stackStartFn: expectDenied,
  });
}

const NAMES = ["kind", "call", "path", "errno"] as const;
