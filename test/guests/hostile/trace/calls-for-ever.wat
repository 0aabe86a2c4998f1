;; Calls its host for ever, so that whoever is told of each call gets more than it can hold.
(module
  (import "wasi_snapshot_preview1" "fd_seek"
    (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $calls (mut i64) (i64.const 0))
  (func (export "_start")
    (loop $again
      (global.set $calls (i64.sub (global.get $calls) (i64.const 1)))
      (drop (call $fd_seek (i32.const -1) (global.get $calls) (i32.const 0) (i32.const 0)))
      (br $again))))
