// args: ["alpha", "βeta"]
// env: GREETING=hi
// stdin: "first\nsecond\n"
// expect-stdout: "out\n"
// expect-stderr: "err\n"
// expect-exit: 5
use std::io::{BufRead, Read};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    assert_eq!(args, ["alpha", "βeta"]);
    assert_eq!(std::env::var("GREETING").unwrap(), "hi");
    assert!(std::env::var("HOME").is_err());
    let mut line = String::new();
    let stdin = std::io::stdin();
    stdin.lock().read_line(&mut line).unwrap();
    assert_eq!(line, "first\n");
    let mut rest = String::new();
    stdin.lock().read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "second\n");
    println!("out");
    eprintln!("err");
    std::process::exit(5);
}
