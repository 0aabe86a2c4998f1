// build: -C link-self-contained=no
// The imports called by a Rust program's own declarations, without a standard library.
#![no_std]
#![no_main]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe { proc_exit(1) }
}

#[repr(C)]
struct Part {
    data: *const u8,
    length: u32,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn proc_exit(code: u32) -> !;
    fn path_open(dir: u32, lookup: u32, path: *const u8, length: u32, oflags: u32, rights: u64, inheriting: u64, flags: u32, fd: *mut u32) -> u32;
    fn fd_write(fd: u32, parts: *const Part, count: u32, put: *mut u32) -> u32;
    fn fd_pread(fd: u32, parts: *const Part, count: u32, offset: u64, got: *mut u32) -> u32;
    fn fd_seek(fd: u32, offset: i64, whence: u32, position: *mut u64) -> u32;
    fn fd_close(fd: u32) -> u32;
    fn path_unlink_file(dir: u32, path: *const u8, length: u32) -> u32;
    fn random_get(buffer: *mut u8, length: u32) -> u32;
}

fn expect(actual: u32, expected: u32, line: u32) {
    if actual != expected {
        unsafe { proc_exit(if line < 126 { line } else { 125 }) }
    }
}

#[no_mangle]
pub unsafe extern "C" fn _start() {
    let name = b"raw file";
    let mut fd = 0;
    let mut count = 0;
    let mut position = 0;
    expect(path_open(3, 0, name.as_ptr(), 8, 1, (1 << 29) - 1, 0, 0, &mut fd), 0, line!());
    let parts = Part { data: b"abcdef".as_ptr(), length: 6 };
    expect(fd_write(fd, &parts, 1, &mut count), 0, line!());
    expect(count, 6, line!());
    expect(fd_seek(fd, -2, 1, &mut position), 0, line!());
    expect(position as u32, 4, line!());
    let mut back = [0u8; 3];
    let into = Part { data: back.as_mut_ptr(), length: 3 };
    expect(fd_pread(fd, &into, 1, 2, &mut count), 0, line!());
    expect(count, 3, line!());
    expect((&back == b"cde") as u32, 1, line!());
    expect(fd_close(fd), 0, line!());
    expect(fd_close(fd), 8, line!());
    expect(path_unlink_file(3, name.as_ptr(), 8), 0, line!());
    expect(path_unlink_file(3, name.as_ptr(), 8), 44, line!());
    expect(random_get(back.as_mut_ptr(), 3), 0, line!());
    proc_exit(0)
}
