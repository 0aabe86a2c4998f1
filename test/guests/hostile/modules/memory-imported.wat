;; Imports its memory, as a module made with --import-memory does, and grows it without end. Its exit code
;; is the pages it got.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "env" "memory" (memory 2))
  (func (export "_start")
    (if (i32.ne (memory.size) (i32.const 2)) (then (unreachable)))
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (call $exit (memory.size))))
