/** Components made of several, in the text format. */

/** An allocator that keeps what was there, over a few pages. */
const LIBRARY = `
    (memory (export "mem") 16)
    (data (i32.const 96) "\\00\\d8\\ff")
    (global $at (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $new i32)
      (local.set $new (i32.and (i32.add (global.get $at) (i32.const 15)) (i32.const -16)))
      (global.set $at (i32.add (local.get $new) (local.get 3)))
      (memory.copy (local.get $new) (local.get 0)
        (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))
      (local.get $new))`;

const canon = (instance: string, encoding: string): string =>
  `(memory (core memory $${instance} "mem")) (realloc (core func $${instance} "realloc"))
    string-encoding=${encoding}`;

/** An address and a length that are no part of the memory. */
const OUTSIDE = "(i32.const 0xffffc) (i32.const 100)";

/**
 * Two components in one, with memories of their own: `echo` answers a text by way of the inner one, `trap` ends
 * in it, `broken` gives it the text that is named, `sum` calls it so many times. At 96 is half of a pair in
 * UTF-16, and a byte that is none of UTF-8.
 */
export function composed(outer: string, inner: string, broken = OUTSIDE): string {
  const names = ["echo", "trap"];
  const type = `(param "s" string) (result string)`;
  return `(component
  (component $Inner
    (core module $core ${LIBRARY}
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.const 16))
      (func (export "trap") (param i32 i32) (result i32) unreachable)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $core (instantiate $core))
    ${names.map((name) => `(func (export "${name}") ${type} (canon lift (core func $core "${name}") ${canon("core", inner)}))`).join("\n")}
    (func (export "add") (param "a" u32) (param "b" u32) (result u32)
      (canon lift (core func $core "add"))))
  (instance $inner (instantiate $Inner))
  (core module $library ${LIBRARY})
  (core instance $library (instantiate $library))
  ${names.map((name) => `(core func $${name} (canon lower (func $inner "${name}") ${canon("library", outer)}))`).join("\n")}
  (core func $add (canon lower (func $inner "add")))
  (core module $core
    (import "inner" "echo" (func $echo (param i32 i32 i32)))
    (import "inner" "trap" (func $trap (param i32 i32 i32)))
    (import "inner" "add" (func $add (param i32 i32) (result i32)))
    (func (export "echo") (param i32 i32) (result i32)
      (call $echo (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "trap") (param i32 i32) (result i32)
      (call $trap (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "broken") (param i32 i32) (result i32)
      (call $echo ${broken} (i32.const 16)) (i32.const 16))
    (func (export "sum") (param i32) (result i32) (local $sum i32)
      (loop $next
        (local.set $sum (call $add (local.get $sum) (local.get 0)))
        (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $sum)))
  (core instance $core (instantiate $core (with "inner" (instance
    (export "echo" (func $echo)) (export "trap" (func $trap)) (export "add" (func $add))))))
  ${["echo", "trap", "broken"].map((name) => `(func (export "${name}") ${type} (canon lift (core func $core "${name}") ${canon("library", outer)}))`).join("\n")}
  (func (export "sum") (param "n" u32) (result u32) (canon lift (core func $core "sum"))))`;
}
