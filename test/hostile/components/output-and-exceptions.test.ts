/** Components that write without an end, and that catch what is not for them. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { componentBytes } from "../../support/component-text.js";
import { ComponentRunner } from "./component-runner.js";
import { command } from "./guest-text.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterEach(() => runner.expectSound());
afterAll(() => runner.close());

/** Writes 4 KiB to stdout again and again. */
const FLOOD = `(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $error (type $error'))
    (export "error" (type $error (eq $error')))
    (export "output-stream" (type $out (sub resource)))
    (type $failure' (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $failure (eq $failure')))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $out)) (param "contents" (list u8))
        (result (result (error $failure)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $out'))
    (export "output-stream" (type $out (eq $out')))
    (export "get-stdout" (func (result (own $out))))))
  (core module $memory (memory (export "mem") 1))
  (core instance $memory (instantiate $memory))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $memory "mem"))))
  (core module $core
    (import "h" "get" (func $get (result i32)))
    (import "h" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "go") (result i32) (local $out i32)
      (local.set $out (call $get))
      (loop $again
        (call $write (local.get $out) (i32.const 0) (i32.const 4096) (i32.const 8192))
        (br $again))
      (i32.const 0)))
  (core instance $core (instantiate $core
    (with "h" (instance (export "get" (func $get)) (export "write" (func $write))))))
  (func $run (result (result)) (canon lift (core func $core "go")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))`;

test("a flood of output is kept up to stdoutBytes, and ends with the time", async () => {
  const image = await runner.engine.loadImage(await componentBytes(FLOOD));
  const limits = { timeoutMs: 500, stdoutBytes: 10_000 };
  const { reason, stdout, truncated } = await runner.engine.run(image, { limits });
  expect(reason).toBe("timeout");
  expect(stdout).toHaveLength(10_000);
  expect(truncated).toBe(true);
});

test("a flood that nobody reads waits, takes no processor, and can be killed", async () => {
  await using container = await runner.container(FLOOD);
  const process = await container.start();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await process.kill();
  const { reason, usage } = await process.wait();
  expect(reason).toBe("killed");
  expect(usage.writtenBytes).toBeLessThan(64 * 2 ** 20);
});

/** Exits with 1 and catches whatever comes of it, then loops until it is told that it is over. */
const CATCHES = command({
  wasi: "exit",
  core: `(func (export "go") (result i32)
    (block $caught (try_table (catch_all $caught) (call $exit (i32.const 1))))
    (loop $again (call $exit (i32.const 0)) (br $again))
    (i32.const 0))`,
});

test("an exit that the guest catches is an exit all the same, where there are such exceptions", async () => {
  const outcome = await runner.run(CATCHES);
  expect(["exited 1", "ERR_COMPONENT_INVALID", "ERR_MODULE_INVALID"]).toContain(outcome);
});

test("a trap is not caught", async () => {
  const core = `(func (export "go") (result i32)
    (block $caught (try_table (catch_all $caught) unreachable))
    (i32.const 0))`;
  const ends = ["trapped 134", "ERR_COMPONENT_INVALID", "ERR_MODULE_INVALID"];
  expect(ends).toContain(await runner.run(command({ core })));
});
