;; Bulk operations over 4 GiB. The argument says which: each must trap before anything is written.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data $passive "0123456789")
  (table $t 10 funcref)
  (elem $e func $nothing)
  (func $nothing)
  (func (export "_start")
    (local $which i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    ;; argv[0] and so many arguments
    (local.set $which (i32.load (i32.const 0)))
    (if (i32.eq (local.get $which) (i32.const 1)) (then (memory.fill (i32.const 65536) (i32.const 1) (i32.const -1))))
    (if (i32.eq (local.get $which) (i32.const 2)) (then (memory.copy (i32.const 65536) (i32.const 0) (i32.const -1))))
    (if (i32.eq (local.get $which) (i32.const 3)) (then (memory.copy (i32.const 0) (i32.const -1) (i32.const 1))))
    (if (i32.eq (local.get $which) (i32.const 4)) (then (memory.init $passive (i32.const 0) (i32.const 0) (i32.const -1))))
    (if (i32.eq (local.get $which) (i32.const 5)) (then (memory.init $passive (i32.const 0) (i32.const -1) (i32.const 1))))
    (if (i32.eq (local.get $which) (i32.const 6)) (then
      (data.drop $passive)
      (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 1))))
    (if (i32.eq (local.get $which) (i32.const 7)) (then (table.init $t $e (i32.const -1) (i32.const 0) (i32.const 1))))
    (if (i32.eq (local.get $which) (i32.const 8)) (then (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const -1))))
    (if (i32.eq (local.get $which) (i32.const 9)) (then (table.fill $t (i32.const 1) (ref.func $nothing) (i32.const -1))))))
