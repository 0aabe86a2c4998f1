;; Traps in its start function, before anything may be called.
(module
  (memory (export "memory") 1)
  (func $begin unreachable)
  (start $begin)
  (func (export "_start")))
