;; Asks for growth that no memory can have, again and again, then for as much as it can get by halves.
;; Its exit code is the pages it got.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (local $by i32)
    (local $times i32)
    (loop $again
      (if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then (unreachable)))
      (if (i32.ne (memory.grow (i32.const 0x80000000)) (i32.const -1)) (then (unreachable)))
      (if (i32.ne (memory.grow (i32.const 65536)) (i32.const -1)) (then (unreachable)))
      (local.set $times (i32.add (local.get $times) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $times) (i32.const 10000))))
    (local.set $by (i32.const 65536))
    (loop $halves
      (if (i32.eq (memory.grow (local.get $by)) (i32.const -1))
        (then (local.set $by (i32.shr_u (local.get $by) (i32.const 1)))))
      (br_if $halves (local.get $by)))
    ;; The last byte is there, and the one behind it is not.
    (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 1))
    (call $exit (memory.size))))
