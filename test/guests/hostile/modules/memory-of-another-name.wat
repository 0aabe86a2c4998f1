;; Exports its memory under a name that nobody looks for, and something else as "memory".
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "mem") 1)
  (global (export "memory") i32 (i32.const 7))
  (data (i32.const 8) "found")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 8))
    (i32.store (i32.const 4) (i32.const 5))
    (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))
