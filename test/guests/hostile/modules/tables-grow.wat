;; Grows two tables, of functions and of references, until neither may any more. Its exit code is the elements
;; of all three.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table $fixed 100 100 funcref)
  (table $functions 0 funcref)
  (table $references 0 externref)
  (func $grow (param $by i32) (result i32)
    (i32.and
      (i32.eq (table.grow $functions (ref.null func) (local.get $by)) (i32.const -1))
      (i32.eq (table.grow $references (ref.null extern) (local.get $by)) (i32.const -1))))
  (func (export "_start")
    (loop $wildly (br_if $wildly (i32.eqz (call $grow (i32.const 0x7fffffff)))))
    (loop $fast (br_if $fast (i32.eqz (call $grow (i32.const 10000)))))
    (loop $slowly (br_if $slowly (i32.eqz (call $grow (i32.const 1)))))
    (call $exit (i32.add (table.size $fixed) (i32.add (table.size $functions) (table.size $references))))))
