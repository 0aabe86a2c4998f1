/** Components in the text format, with what an attack does not need written once. */

/** Functions of WASI that a guest may import, as the core imports of its module. */
const WASI = {
  io: `
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $pollable (type $p'))
    (export "pollable" (type $p (eq $p')))
    (export "output-stream" (type $out (sub resource)))
    (export "input-stream" (type $in (sub resource)))
    (export "[method]output-stream.subscribe"
      (func (param "self" (borrow $out)) (result (own $p))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $out'))
    (export "output-stream" (type $out (eq $out')))
    (export "get-stdout" (func (result (own $out))))))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $subscribe (canon lower (func $streams "[method]output-stream.subscribe")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $drop-output (canon resource.drop $output))
  (core func $drop-pollable (canon resource.drop $pollable))`,
  exit: `
  (import "wasi:cli/exit@0.2.0" (instance $cli-exit
    (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $cli-exit "exit")))`,
} as const;

/** Core imports for the modules of `guest`, under the module name "h". */
export const CORE_IMPORTS = {
  io: `
    (import "h" "get-stdout" (func $get-stdout (result i32)))
    (import "h" "subscribe" (func $subscribe (param i32) (result i32)))
    (import "h" "block" (func $block (param i32)))
    (import "h" "drop-output" (func $drop-output (param i32)))
    (import "h" "drop-pollable" (func $drop-pollable (param i32)))`,
  exit: `
    (import "h" "exit" (func $exit (param i32)))`,
} as const;

const GIVEN = {
  io: `(export "get-stdout" (func $get-stdout)) (export "subscribe" (func $subscribe))
      (export "block" (func $block)) (export "drop-output" (func $drop-output))
      (export "drop-pollable" (func $drop-pollable))`,
  exit: `(export "exit" (func $exit))`,
} as const;

export interface GuestText {
  /** Fields of the core module, which exports `go: func() -> i32`. */
  readonly core: string;
  readonly wasi?: keyof typeof WASI;
  /** Definitions before the core module is made an instance of. */
  readonly before?: string;
  /** More core imports that are given, by module name: `(with "x" (instance $x))`. */
  readonly given?: string;
}

/** A component in a component, whose function is exported as `go: func() -> u32`. */
export function callable(text: GuestText): string {
  return `(component ${parts(text)}
  (func (export "go") (result u32) (canon lift (core func $core "go"))))`;
}

/** A component of several functions, `go-0`, `go-1` …, each with the body that is given for it. */
export function callables(
  text: Omit<GuestText, "core">,
  imports: string,
  bodies: readonly string[],
): string {
  const functions = bodies.map(
    (body, index) => `(func (export "go-${index}") (result i32) ${body})`,
  );
  const lifts = bodies.map(
    (_, index) => `(func (export "go-${index}") (result u32)
      (canon lift (core func $core "go-${index}")))`,
  );
  return `(component ${parts({ ...text, core: `${imports} ${functions.join("\n")}` })}
  ${lifts.join("\n")})`;
}

/** The same as wasi:cli/run: 0 is success. */
export function command(text: GuestText): string {
  return `(component ${parts(text)}
  (func $run (result (result)) (canon lift (core func $core "go")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))`;
}

function parts({ core, wasi, before = "", given = "" }: GuestText): string {
  const host = wasi === undefined ? "" : `(with "h" (instance ${GIVEN[wasi]}))`;
  const imports = wasi === undefined ? "" : CORE_IMPORTS[wasi];
  return `${wasi === undefined ? "" : WASI[wasi]}
  ${before}
  (core module $core ${imports} ${core})
  (core instance $core (instantiate $core ${host} ${given}))`;
}
