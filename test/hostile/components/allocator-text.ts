/** A component whose allocator and post-return do what they are told by `mode`. */

/** What the allocator does before it answers, or instead. */
export const ALLOCATIONS = {
  "calls a function of the app": "(drop (call $note (i32.const 1))) (local.set 4 (call $bump))",
  "calls WASI": "(drop (call $get-stdout)) (local.set 4 (call $bump))",
  exits: "(call $exit (i32.const 0)) (local.set 4 (call $bump))",
  "makes a resource": "(drop (call $new (i32.const 1))) (local.set 4 (call $bump))",
  "answers an address that is not aligned": "(local.set 4 (i32.add (call $bump) (i32.const 3)))",
  "answers an address behind the memory": "(local.set 4 (i32.const 0x7ffffff0))",
  "answers the last byte": "(local.set 4 (i32.const 65535))",
  "answers a negative address": "(local.set 4 (i32.const -4096))",
  "answers 0": "(local.set 4 (i32.const 0))",
  "answers one address for all": "(local.set 4 (i32.const 2048))",
  "answers where the result goes": "(local.set 4 (i32.const 16))",
  "grows the memory each time": "(drop (memory.grow (i32.const 1))) (local.set 4 (call $bump))",
} as const;
export type Allocation = keyof typeof ALLOCATIONS;

/** Calls of the host that post-return makes. */
export const POST_CALLS: Readonly<Record<string, string>> = {
  "calls a function of the app": "(drop (call $note (i32.const 1)))",
  "calls WASI": "(drop (call $get-stdout))",
  exits: "(call $exit (i32.const 0))",
  "makes a resource": "(drop (call $new (i32.const 1)))",
};

const NAMES = Object.keys(ALLOCATIONS);
export const modeOf = (allocation: string): number => NAMES.indexOf(allocation) + 1;

/** Modes of post-return; the allocator is honest in all of them. */
export const postModeOf = (call: string): number => Object.keys(POST_CALLS).indexOf(call) + 101;

const IMPORTS = `
  (import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type $out (sub resource)))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $out'))
    (export "output-stream" (type $out (eq $out')))
    (export "get-stdout" (func (result (own $out))))))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (import "wasi:cli/exit@0.2.0" (instance $cli-exit
    (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $cli-exit "exit")))
  (import "acme:test/host@1.0.0" (instance $app
    (export "note" (func (param "n" u32) (result u32)))
    (export "text" (func (result string)))
    (export "numbers" (func (result (list u64))))
    (export "names" (func (result (list string))))))
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core func $note (canon lower (func $app "note")))`;

const HOST = ["get-stdout", "exit", "note", "new"];
const CORE_HOST = `
    (import "h" "get-stdout" (func $get-stdout (result i32)))
    (import "h" "exit" (func $exit (param i32)))
    (import "h" "note" (func $note (param i32) (result i32)))
    (import "h" "new" (func $new (param i32) (result i32)))`;
const GIVEN = `(with "h" (instance ${HOST.map((name) => `(export "${name}" (func $${name}))`).join(" ")}))`;

const LIBRARY = `
  (core module $library ${CORE_HOST}
    (memory (export "mem") 1)
    (global $mode (mut i32) (i32.const 0))
    (global $at (mut i32) (i32.const 4096))
    (func (export "mode") (param i32) (global.set $mode (local.get 0)))
    (func (export "post") (param i32)
      ${Object.entries(POST_CALLS)
        .map(
          ([name, body]) =>
            `(if (i32.eq (global.get $mode) (i32.const ${postModeOf(name)})) (then ${body}))`,
        )
        .join("\n")})
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
      ${Object.values(ALLOCATIONS)
        .map(
          (body, index) => `(if (i32.eq (global.get $mode) (i32.const ${index + 1}))
        (then ${body.replaceAll("(call $bump)", "(call $bump (local.get 2) (local.get 3))")}))`,
        )
        .join("\n")}
      (if (i32.or (i32.eqz (global.get $mode)) (i32.gt_u (global.get $mode) (i32.const 100)))
        (then (local.set 4 (call $bump (local.get 2) (local.get 3)))))
      (local.get 4))
    (func $bump (param $align i32) (param $bytes i32) (result i32) (local $new i32)
      (local.set $new (i32.and
        (i32.add (global.get $at) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $at (i32.add (local.get $new) (local.get $bytes)))
      (local.get $new)))
  (core instance $library (instantiate $library ${GIVEN}))`;

const TYPES = { text: "string", numbers: "(list u64)", names: "(list string)" } as const;
const CANON = `(memory (core memory $library "mem")) (realloc (core func $library "realloc"))`;

/** Each of `text`, `numbers` and `names` is also a function that answers what the app's one of that name does. */
export const ALLOCATOR = `(component ${IMPORTS} ${LIBRARY}
  ${Object.keys(TYPES)
    .map((name) => `(core func $${name} (canon lower (func $app "${name}") ${CANON}))`)
    .join("\n")}
  (core module $core
    (import "l" "mem" (memory 1))
    ${Object.keys(TYPES)
      .map((name) => `(import "a" "${name}" (func $${name} (param i32)))`)
      .join("\n")}
    ${Object.keys(TYPES)
      .map(
        (name) =>
          `(func (export "${name}") (result i32) (call $${name} (i32.const 16)) (i32.const 16))`,
      )
      .join("\n")}
    (func (export "take") (param i32 i32) (result i32) (local.get 1)))
  (core instance $core (instantiate $core (with "l" (instance $library)) (with "a" (instance
    ${Object.keys(TYPES)
      .map((name) => `(export "${name}" (func $${name}))`)
      .join(" ")}))))
  ${Object.entries(TYPES)
    .map(
      ([name, type]) => `(func (export "${name}") (result ${type}) (canon lift
    (core func $core "${name}") ${CANON} (post-return (core func $library "post"))))`,
    )
    .join("\n")}
  (func (export "take") (param "names" (list string)) (result u32)
    (canon lift (core func $core "take") ${CANON}))
  (func (export "mode") (param "n" u32) (canon lift (core func $library "mode"))))`;
