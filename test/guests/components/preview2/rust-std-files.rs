// world: command
// wit: ../real/command.wit
// wasi: io cli clocks filesystem random sockets
// over: host memory image
// Files by Rust's standard library, with the errors that programs match on.
include!("../../rust/std-files.rs");
