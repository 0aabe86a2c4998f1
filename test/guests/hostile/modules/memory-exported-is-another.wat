;; build: --enable-multi-memory
;; Exports its memory 1 as "memory": host calls read and write there, whatever memory 0 holds.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory $used 1)
  (memory $exported (export "memory") 1)
  (data (memory $used) (i32.const 8) "memory 0")
  (data (memory $exported) (i32.const 8) "memory 1")
  (func (export "_start")
    (i32.store $exported (i32.const 0) (i32.const 8))
    (i32.store $exported (i32.const 4) (i32.const 8))
    (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))
