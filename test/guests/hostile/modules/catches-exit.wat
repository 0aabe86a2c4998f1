;; build: --enable-exceptions
;; Exits, catches what ends it, goes on writing and exits again with another code. The first exit counts,
;; and nothing after it happens.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "after the exit")
  (global $tries (mut i32) (i32.const 0))
  (func $try-write
    try
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
    catch_all
    end)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 8))
    (i32.store (i32.const 4) (i32.const 14))
    try
      (call $exit (i32.const 7))
    catch_all
    end
    (loop $again
      (call $try-write)
      try
        (call $exit (i32.const 9))
      catch_all
      end
      (global.set $tries (i32.add (global.get $tries) (i32.const 1)))
      (br_if $again (i32.lt_u (global.get $tries) (i32.const 1000))))))
