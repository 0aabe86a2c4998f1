;; recurses-and-catches: every frame has a catch_all, so that a guest could go on where its stack has ended.
;; build: --enable-exceptions
(module
  (memory (export "memory") 1)
  (func $deeper (param i32)
    (try
      (do (call $deeper (i32.add (local.get 0) (i32.const 1))))
      (catch_all)))
  (func (export "_start")
    (call $deeper (i32.const 0))))
