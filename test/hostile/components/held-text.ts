/** Components whose resources the app holds, or whose parts lend them to one another. */

/**
 * Exports a resource whose rep is what `make` was given; `dropped` says how often its destructor has run. The
 * app's `during` is called while a borrow is in progress, and does not return if it throws.
 */
export const HELD = `(component
  (import "acme:test/host@1.0.0" (instance $app
    (export "during" (func (param "n" u32) (result u32)))))
  (core func $during (canon lower (func $app "during")))
  (core module $destructor
    (global $dropped (mut i32) (i32.const 0))
    (func (export "drop") (param i32)
      (if (i32.eq (local.get 0) (i32.const 666)) (then unreachable))
      (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $destructor (instantiate $destructor))
  (type $thing (resource (rep i32) (dtor (core func $destructor "drop"))))
  (core func $new (canon resource.new $thing))
  (core func $drop (canon resource.drop $thing))
  (core module $core
    (import "own" "new" (func $new (param i32) (result i32)))
    (import "own" "drop" (func $drop (param i32)))
    (import "own" "dropped" (func $dropped (result i32)))
    (import "own" "during" (func $during (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "use") (param i32) (result i32) (local.get 0))
    (func (export "lend") (param i32) (result i32) (call $during (local.get 0)))
    (func (export "trap") (param i32) (result i32) unreachable)
    (func (export "keep") (param i32) (result i32) (local.get 0))
    (func (export "discard") (param i32) (result i32) (call $drop (local.get 0)) (i32.const 0))
    (func (export "dropped") (result i32) (call $dropped)))
  (core instance $core (instantiate $core (with "own" (instance
    (export "new" (func $new)) (export "drop" (func $drop)) (export "during" (func $during))
    (export "dropped" (func $destructor "dropped"))))))
  (func $make (param "n" u32) (result (own $thing)) (canon lift (core func $core "make")))
  ${["use", "lend", "trap"]
    .map(
      (name) => `(func $${name} (param "t" (borrow $thing)) (result u32)
    (canon lift (core func $core "${name}")))`,
    )
    .join("\n")}
  ${["keep", "discard"]
    .map(
      (name) => `(func $${name} (param "t" (own $thing)) (result u32)
    (canon lift (core func $core "${name}")))`,
    )
    .join("\n")}
  (func $dropped (result u32) (canon lift (core func $core "dropped")))
  (component $shim
    (import "thing" (type $t (sub resource)))
    (import "make" (func $make (param "n" u32) (result (own $t))))
    ${["use", "lend", "trap"].map((name) => `(import "${name}" (func $${name} (param "t" (borrow $t)) (result u32)))`).join("\n")}
    ${["keep", "discard"].map((name) => `(import "${name}" (func $${name} (param "t" (own $t)) (result u32)))`).join("\n")}
    (import "dropped" (func $dropped (result u32)))
    (export $t2 "thing" (type $t))
    (export "make" (func $make) (func (param "n" u32) (result (own $t2))))
    ${["use", "lend", "trap"].map((name) => `(export "${name}" (func $${name}) (func (param "t" (borrow $t2)) (result u32)))`).join("\n")}
    ${["keep", "discard"].map((name) => `(export "${name}" (func $${name}) (func (param "t" (own $t2)) (result u32)))`).join("\n")}
    (export "dropped" (func $dropped)))
  (instance $shim (instantiate $shim (with "thing" (type $thing)) ${[
    "make",
    "use",
    "lend",
    "trap",
    "keep",
    "discard",
    "dropped",
  ]
    .map((name) => `(with "${name}" (func $${name}))`)
    .join(" ")}))
  (export "acme:test/things@1.0.0" (instance $shim)))`;

/**
 * Three parts: the first has a resource, the second is lent one, the third makes and lends it. `go-0` counts
 * the handles that it gets; `go-1` lends one to what traps, `go-2` to what keeps it, `go-3` when it is
 * dropped, `go-4` to what it has given it to before.
 */
export const LENT = `(component
  (component $A
    (core module $destructor (func (export "drop") (param i32)))
    (core instance $destructor (instantiate $destructor))
    (type $thing (resource (rep i32) (dtor (core func $destructor "drop"))))
    (core func $new (canon resource.new $thing))
    (core module $core (import "own" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 42))))
    (core instance $core (instantiate $core (with "own" (instance (export "new" (func $new))))))
    (export $thing' "thing" (type $thing))
    (func (export "make") (result (own $thing')) (canon lift (core func $core "make"))))
  (component $B
    (import "thing" (type $thing (sub resource)))
    (core func $drop (canon resource.drop $thing))
    (core module $core (import "own" "drop" (func $drop (param i32)))
      (func (export "trap") (param i32) unreachable)
      (func (export "keep") (param i32))
      (func (export "return") (param i32) (call $drop (local.get 0)))
      (func (export "pass") (param i32) (result i32) (local.get 0))
      (func (export "number") (param i32) (result i32)
        (call $drop (local.get 0)) (local.get 0)))
    (core instance $core (instantiate $core (with "own" (instance (export "drop" (func $drop))))))
    ${["trap", "keep", "return"]
      .map(
        (name) => `(func (export "${name}") (param "t" (borrow $thing))
      (canon lift (core func $core "${name}")))`,
      )
      .join("\n")}
    (func (export "pass") (param "t" (own $thing)) (result (own $thing))
      (canon lift (core func $core "pass")))
    (func (export "number") (param "t" (borrow $thing)) (result u32)
      (canon lift (core func $core "number"))))
  (instance $a (instantiate $A))
  (alias export $a "thing" (type $thing))
  (instance $b (instantiate $B (with "thing" (type $thing))))
  (core func $drop (canon resource.drop $thing))
  (core func $make (canon lower (func $a "make")))
  ${["trap", "keep", "return", "number", "pass"].map((name) => `(core func $${name} (canon lower (func $b "${name}")))`).join("\n")}
  (core module $core
    (import "h" "make" (func $make (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    ${["trap", "keep", "return"].map((name) => `(import "h" "${name}" (func $${name} (param i32)))`).join("\n")}
    (import "h" "number" (func $number (param i32) (result i32)))
    (import "h" "pass" (func $pass (param i32) (result i32)))
    (func (export "go-0") (result i32) (local $t i32)
      (local.set $t (call $make))
      (i32.add (i32.mul (local.get $t) (i32.const 100)) (call $number (local.get $t))))
    (func (export "go-1") (result i32) (call $trap (call $make)) (i32.const 0))
    (func (export "go-2") (result i32) (call $keep (call $make)) (i32.const 0))
    (func (export "go-3") (result i32) (local $t i32)
      (local.set $t (call $make)) (call $drop (local.get $t)) (call $return (local.get $t))
      (i32.const 0))
    (func (export "go-4") (result i32) (local $t i32)
      (drop (call $make))
      (local.set $t (call $pass (call $make)))
      (i32.add (i32.mul (local.get $t) (i32.const 100)) (call $number (local.get $t)))))
  (core instance $core (instantiate $core (with "h" (instance
    (export "make" (func $make)) (export "drop" (func $drop)) ${[
      "trap",
      "keep",
      "return",
      "number",
      "pass",
    ]
      .map((name) => `(export "${name}" (func $${name}))`)
      .join(" ")}))))
  ${[0, 1, 2, 3, 4].map((index) => `(func (export "go-${index}") (result u32) (canon lift (core func $core "go-${index}")))`).join("\n")})`;
