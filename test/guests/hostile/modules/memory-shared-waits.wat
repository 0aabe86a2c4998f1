;; build: --enable-threads
;; Waits on its shared memory for a wake-up that never comes.
(module
  (memory (export "memory") 1 1 shared)
  (func (export "_start")
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
