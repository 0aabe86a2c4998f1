;; build: --enable-memory64
;; Grows a memory of 64-bit addresses without end, and far beyond what 32 bits reach. Its exit code is the
;; pages it got.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") i64 1)
  (func (export "_start")
    (if (i64.ne (memory.grow (i64.const 0x100000000)) (i64.const -1)) (then (unreachable)))
    (if (i64.ne (memory.grow (i64.const 0x8000000000000000)) (i64.const -1)) (then (unreachable)))
    (loop $more
      (br_if $more (i64.ne (memory.grow (i64.const 1)) (i64.const -1))))
    (call $exit (i32.wrap_i64 (memory.size)))))
