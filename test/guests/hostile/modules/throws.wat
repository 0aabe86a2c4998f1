;; build: --enable-exceptions
;; Throws an exception of its own that nobody catches, or throws and catches for ever: so many arguments.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (tag $tag (param i64 i64 i64 i64))
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 2)) (then
      (loop $ever
        try
          (throw $tag (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4))
        catch_all
        end
        (br $ever))))
    (throw $tag (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4))))
