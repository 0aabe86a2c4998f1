;; build: --enable-exceptions
;; Calls itself as deep as it is told (the sum of its arguments' bytes), opens a file there and forgets it,
;; so that the host's own code comes to the end of the stack; and catches whatever that ends with.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "file")
  (func $at-the-end
    try
      (drop (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 200)))
    catch_all
      (call $exit (i32.const 1))
    end)
  (func $deep (param $left i32)
    (if (local.get $left)
      (then (call $deep (i32.sub (local.get $left) (i32.const 1))))
      (else (call $at-the-end))))
  (func (export "_start")
    ;; The environment's bytes: "DEPTH=" and so many more.
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (call $deep (i32.load (i32.const 4)))))
