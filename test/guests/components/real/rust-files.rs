// world: command
// wit: command.wit
// wasi: io cli clocks filesystem random sockets
// A program over Rust's standard library, as a component of wasi:cli/command: writes a file in the folder that
// its first argument names, reads the folder and the file, waits, and fails when asked to.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use std::{env, fs, io, process, thread};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let folder = args.first().expect("a folder");
    let path = format!("{folder}/written.txt");
    fs::write(&path, "by rust")?;
    let mut sizes = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        sizes.insert(entry.file_name().into_string().expect("a name"), entry.metadata()?.len());
    }
    println!("{sizes:?}");
    println!("{}", fs::read_to_string(&path)?);
    println!("{:?}", fs::read("/no/such/file").map_err(|error| error.kind()));
    let began = Instant::now();
    thread::sleep(Duration::from_millis(20));
    println!("{}", began.elapsed() >= Duration::from_millis(20));
    println!("{}", env::var("NAME").unwrap_or_else(|_| "nobody".into()));
    if args.len() > 1 {
        eprintln!("as asked");
        process::exit(3);
    }
    Ok(())
}
