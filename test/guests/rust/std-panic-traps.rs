// expect-exit: 134
// expect-reason: trapped
// expect-stdout: "before\n"
fn main() {
    println!("before");
    // The message would name the source's place; only the trap matters here.
    std::panic::set_hook(Box::new(|_| ()));
    let values: Vec<u32> = std::env::args().map(|_| 1).collect();
    println!("{}", values[1000]);
}
