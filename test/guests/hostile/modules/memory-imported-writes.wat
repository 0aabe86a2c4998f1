;; Writes through a memory that it imports and exports again.
(module
  (import "env" "memory" (memory 1 4))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (export "memory" (memory 0))
  (data (i32.const 8) "from an imported memory")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 8))
    (i32.store (i32.const 4) (i32.const 23))
    (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))
