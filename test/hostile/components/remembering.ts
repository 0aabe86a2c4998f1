/** A component that leaves behind what it can, and says what it finds when it begins. */
import { callables } from "./guest-text.js";

/** What a fresh instance finds: the first handles of three types, memory and globals as they begin. */
export const FRESH = 10_101;
/** What it finds when it looks again: the second handles, and what it has written itself. */
export const DIRTY = 100_000_000 + 2 * FRESH;

/** Ways in which an instance ends itself. */
export const ATTACKS = [
  "unreachable",
  "unknown handle of the host's",
  "unknown handle of its own",
  "destructor that traps",
  "destructor that overflows the stack",
  "exit with 0",
  "exit with 1",
  "stack overflow in wasm",
  "stack overflow through the host",
  "loop",
  "function of the app that throws",
  "function of the app that never answers",
  "handles of all kinds, and a trap",
  "realloc that traps within a call of the app",
  "realloc that loops within a call of the app",
  "realloc that makes handles without end",
  "memory out of its bounds",
  "call of a wrong type",
] as const;
export type Attack = (typeof ATTACKS)[number];
/** Leaves handles, and goes on. */
export const LEAVES = "handles of all kinds";
type Order = Attack | typeof LEAVES;

/** So many of each kind. */
const LEFT = 300;

const BODIES: Readonly<Record<Order, string>> = {
  unreachable: "unreachable",
  "unknown handle of the host's": "(call $block (i32.const 12345))",
  "unknown handle of its own": "(call $drop (i32.const 12345))",
  "destructor that traps": "(call $drop (call $new (i32.const 666)))",
  "exit with 0": "(call $exit (i32.const 0))",
  "exit with 1": "(call $exit (i32.const 1))",
  "stack overflow in wasm": "(drop (call $deep (i32.const 1)))",
  "stack overflow through the host": "(drop (call $deep (i32.const 2)))",
  loop: "(loop $for-ever (br $for-ever))",
  "function of the app that throws": "(drop (call $fail (i32.const 1)))",
  "function of the app that never answers": "(drop (call $never (i32.const 1)))",
  "handles of all kinds": "(call $leave)",
  "handles of all kinds, and a trap": "(call $leave) unreachable",
  "realloc that traps within a call of the app":
    "(call $mode (i32.const 1)) (call $words (i32.const 64))",
  "realloc that loops within a call of the app":
    "(call $mode (i32.const 2)) (call $words (i32.const 64))",
  "realloc that makes handles without end":
    "(call $mode (i32.const 3)) (call $words (i32.const 64))",
  "memory out of its bounds": "(drop (i32.load (i32.const -4)))",
  "call of a wrong type": "(call_indirect $wrong (param i32) (i32.const 0) (i32.const 0))",
  "destructor that overflows the stack": "(call $drop (call $new (i32.const 667)))",
};

/** As which the app names it; 0 is nothing. */
const numberOf = (order: string | undefined): number =>
  order === undefined ? 0 : Object.keys(BODIES).indexOf(order) + 1;

const CORE_OF_MEMORY = `
  (core module $libc
    (import "own" "new" (func $new (param i32) (result i32)))
    (memory (export "mem") 1)
    (global $mode (mut i32) (i32.const 0))
    (func (export "mode") (param i32) (global.set $mode (local.get 0)))
    (func (export "modes") (result i32) (global.get $mode))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.eq (global.get $mode) (i32.const 1)) (then unreachable))
      (if (i32.eq (global.get $mode) (i32.const 2)) (then (loop $l (br $l))))
      (if (i32.eq (global.get $mode) (i32.const 3))
        (then (loop $l (drop (call $new (i32.const 5))) (br $l))))
      (i32.const 1024)))
  (core instance $libc (instantiate $libc (with "own" (instance (export "new" (func $new))))))`;

const BEFORE = `
  (import "wasi:cli/exit@0.2.0" (instance $cli-exit
    (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $cli-exit "exit")))
  (import "acme:test/host@1.0.0" (instance $app
    (export "begin" (func (param "seen" u32) (result u32)))
    (export "next" (func (param "seen" u32) (result u32)))
    (export "fail" (func (param "seen" u32) (result u32)))
    (export "never" (func (param "seen" u32) (result u32)))
    (export "words" (func (result string)))))
  (core module $destructor
    (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
    (func (export "drop") (param i32)
      (if (i32.eq (local.get 0) (i32.const 666)) (then unreachable))
      (if (i32.eq (local.get 0) (i32.const 667)) (then (drop (call $deep (i32.const 0)))))))
  (core instance $destructor (instantiate $destructor))
  (type $thing (resource (rep i32) (dtor (core func $destructor "drop"))))
  (core func $new (canon resource.new $thing))
  (core func $drop (canon resource.drop $thing))
  ${CORE_OF_MEMORY}
  ${["begin", "next", "fail", "never"]
    .map((name) => `(core func $${name} (canon lower (func $app "${name}")))`)
    .join("\n")}
  (core func $words (canon lower (func $app "words")
    (memory (core memory $libc "mem")) (realloc (core func $libc "realloc"))))`;

const NAMES = ["begin", "next", "fail", "never", "words", "new", "drop", "exit"] as const;
const GIVEN = `(with "libc" (instance $libc)) (with "x" (instance
  ${NAMES.map((name) => `(export "${name}" (func $${name}))`).join(" ")}))`;

/** `$look` says what it finds and makes it dirty; `$do` performs an attack. */
const CORE = `
  (import "libc" "mem" (memory 1))
  (import "libc" "mode" (func $mode (param i32)))
  (import "libc" "modes" (func $modes (result i32)))
  ${["begin", "next", "fail", "never", "new"]
    .map((name) => `(import "x" "${name}" (func $${name} (param i32) (result i32)))`)
    .join("\n")}
  (import "x" "words" (func $words (param i32)))
  (import "x" "drop" (func $drop (param i32)))
  (import "x" "exit" (func $exit (param i32)))
  (table $wrong 1 funcref)
  (elem (i32.const 0) $modes)
  (global $dirty (mut i32) (i32.const 0))
  (func $deep (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 2)) (then (call $drop-output (call $get-stdout))))
    (i32.add (call $deep (local.get 0)) (i32.const 1)))
  (func $leave (local $left i32) (local $out i32)
    (local.set $left (i32.const ${LEFT}))
    (loop $more
      (local.set $out (call $get-stdout))
      (drop (call $subscribe (local.get $out)))
      (drop (call $new (local.get $left)))
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func $look (result i32) (local $out i32) (local $seen i32)
    (local.set $out (call $get-stdout))
    (local.set $seen (i32.add (i32.add
      (i32.mul (local.get $out) (i32.const 10000))
      (i32.mul (call $subscribe (local.get $out)) (i32.const 100)))
      (call $new (i32.const 5))))
    (if (i32.or (i32.load (i32.const 0)) (i32.or (i32.load (i32.const 65532))
        (i32.or (global.get $dirty) (i32.or (call $modes)
        (i32.ne (memory.size) (i32.const 1))))))
      (then (local.set $seen (i32.add (local.get $seen) (i32.const 100000000)))))
    (i32.store (i32.const 0) (i32.const -1))
    (i32.store (i32.const 65532) (i32.const -1))
    (global.set $dirty (i32.const 1))
    (drop (memory.grow (i32.const 1)))
    (local.get $seen))
  (func $do (param i32)
    ${Object.entries(BODIES)
      .map(
        ([name, body]) =>
          `(if (i32.eq (local.get 0) (i32.const ${numberOf(name)})) (then ${body}))`,
      )
      .join("\n")})
  (func $start (call $do (call $begin (call $look))))
  (start $start)`;

const LOOKS =
  "(local $seen i32) (local.set $seen (call $look)) (call $do (call $next (local.get $seen)))";

/**
 * Its `go-0` and its wasi:cli/run ask the app's `next` what to do; its start function asks `begin`.
 * `mark` makes another component of it.
 */
export function remembering(mark = 0): string {
  return callables(
    { wasi: "io", before: BEFORE, given: GIVEN },
    `${CORE} (global i32 (i32.const ${mark}))`,
    [`${LOOKS} (local.get $seen)`, `${LOOKS} (i32.const 0)`],
  ).replace(
    /\(func \(export "go-1"\) \(result u32\)\s+\(canon lift .*"go-1"\)\)\)/,
    `(func $run (result (result)) (canon lift (core func $core "go-1")))
     (instance $run (export "run" (func $run)))
     (export "wasi:cli/run@0.2.0" (instance $run))`,
  );
}

/** The app's side of one container. */
export class Memory {
  /** What instances have found, in order: at their start, and in calls. */
  readonly begun: number[] = [];
  readonly seen: number[] = [];
  /** What the next to ask is told. */
  inStart: Order | undefined;
  inCall: Order | undefined;
  /** Ends what `never` waits for. */
  readonly #waits: (() => void)[] = [];

  readonly imports = {
    "acme:test/host@1.0.0": {
      begin: (seen: number): number => {
        this.begun.push(seen);
        return numberOf(this.inStart);
      },
      next: (seen: number): number => {
        this.seen.push(seen);
        return numberOf(this.inCall);
      },
      fail: (): number => {
        throw new Error("the app's own");
      },
      never: (): Promise<number> => new Promise((done) => this.#waits.push(() => done(1))),
      words: (): string => "words of the app",
    },
  };

  forget(): void {
    this.begun.length = 0;
    this.seen.length = 0;
    this.inStart = undefined;
    this.inCall = undefined;
  }

  /** Late answers, which nobody waits for. */
  answerLate(): void {
    for (const answer of this.#waits.splice(0)) answer();
  }
}
