// std::fs over the host's files, with the errors that programs match on.
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

fn main() -> std::io::Result<()> {
    fs::write("/a.txt", "hello")?;
    assert_eq!(fs::read_to_string("a.txt")?, "hello");
    let mut file = OpenOptions::new().append(true).open("/a.txt")?;
    file.write_all(b" world")?;
    drop(file);
    assert_eq!(fs::read("/a.txt")?, b"hello world");

    let mut file = OpenOptions::new().read(true).write(true).open("/a.txt")?;
    assert_eq!(file.seek(SeekFrom::End(-5))?, 6);
    file.write_all(b"WORLD")?;
    file.rewind()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    assert_eq!(text, "hello WORLD");
    file.set_len(5)?;
    assert_eq!(file.metadata()?.len(), 5);
    file.sync_all()?;
    file.sync_data()?;
    assert_eq!(file.seek(SeekFrom::Current(-100)).unwrap_err().kind(), ErrorKind::InvalidInput);

    let kind = |result: std::io::Result<File>| result.map(|_| ()).unwrap_err().kind();
    assert_eq!(kind(File::open("/none")), ErrorKind::NotFound);
    assert_eq!(kind(OpenOptions::new().write(true).create_new(true).open("/a.txt")), ErrorKind::AlreadyExists);
    assert_eq!(File::open("/a.txt")?.write(b"x").unwrap_err().raw_os_error(), Some(8));

    fs::rename("/a.txt", "/b.txt")?;
    assert!(!std::path::Path::new("/a.txt").exists());
    assert_eq!(fs::copy("/b.txt", "/c.txt")?, 5);
    fs::hard_link("/b.txt", "/d.txt")?;
    fs::write("/d.txt", "both")?;
    assert_eq!(fs::read_to_string("/b.txt")?, "both");
    fs::remove_file("/d.txt")?;
    assert_eq!(fs::remove_file("/d.txt").unwrap_err().kind(), ErrorKind::NotFound);
    let big: Vec<u8> = (0..300_000u32).map(|i| i as u8).collect();
    fs::write("/big", &big)?;
    assert_eq!(fs::read("/big")?, big);
    Ok(())
}
