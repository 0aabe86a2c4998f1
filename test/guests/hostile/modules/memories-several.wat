;; build: --enable-multi-memory
;; Grows three memories by turns until none may any more. Its exit code is the pages of all together.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory $a (export "memory") 1)
  (memory $b 1 10)
  (memory $c 0)
  (func (export "_start")
    (local $left i32)
    (loop $more
      (local.set $left (i32.const 0))
      (if (i32.ne (memory.grow $a (i32.const 1)) (i32.const -1)) (then (local.set $left (i32.const 1))))
      (if (i32.ne (memory.grow $b (i32.const 1)) (i32.const -1)) (then (local.set $left (i32.const 1))))
      (if (i32.ne (memory.grow $c (i32.const 1)) (i32.const -1)) (then (local.set $left (i32.const 1))))
      (br_if $more (local.get $left)))
    (call $exit (i32.add (memory.size $a) (i32.add (memory.size $b) (memory.size $c))))))
