;; build: --enable-threads
;; Grows a shared memory without end, touching each page with an atomic. Its exit code is the pages it got.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1 65536 shared)
  (func (export "_start")
    (local $old i32)
    (loop $more
      (local.set $old (memory.grow (i32.const 1)))
      (if (i32.ne (local.get $old) (i32.const -1)) (then
        (drop (i32.atomic.rmw.add (i32.mul (local.get $old) (i32.const 65536)) (i32.const 1)))
        (br $more))))
    (call $exit (memory.size))))
