;; build: --enable-exceptions
;; Tries to catch traps and the end of its stack: none of them may be caught. So many arguments say which.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (type $other (func (param i64)))
  (func $deep (result i32)
    (i32.add (call $deep) (i32.const 1)))
  (func (export "_start")
    (local $which i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (local.set $which (i32.load (i32.const 0)))
    (loop $again
      try
        (if (i32.eq (local.get $which) (i32.const 1)) (then (unreachable)))
        (if (i32.eq (local.get $which) (i32.const 2)) (then (drop (i32.load (i32.const -4)))))
        (if (i32.eq (local.get $which) (i32.const 3)) (then (drop (i32.div_s (i32.const 1) (i32.const 0)))))
        (if (i32.eq (local.get $which) (i32.const 4)) (then (call_indirect (type $other) (i64.const 0) (i32.const 0))))
        (if (i32.eq (local.get $which) (i32.const 5)) (then (drop (call $deep))))
      catch_all
        (br $again)
      end)))
