;; build: --enable-exceptions
;; Exits, catches what ends it, and computes for ever.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    try
      (call $exit (i32.const 7))
    catch_all
    end
    (loop $ever (br $ever))))
