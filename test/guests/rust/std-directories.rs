// Directories, links and attributes through std::fs.
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

fn main() -> std::io::Result<()> {
    fs::create_dir_all("/x/y/z")?;
    assert_eq!(fs::create_dir("/x").unwrap_err().kind(), ErrorKind::AlreadyExists);
    for i in 0..50 {
        fs::write(format!("/x/file-{}", i), i.to_string())?;
    }
    let mut names = BTreeSet::new();
    for entry in fs::read_dir("/x")? {
        let entry = entry?;
        let info = entry.metadata()?;
        assert_eq!(info.is_dir(), entry.file_type()?.is_dir());
        assert!(names.insert(entry.file_name().into_string().unwrap()));
    }
    assert_eq!(names.len(), 51);
    assert!(names.contains("y") && names.contains("file-49"));

    let info = fs::metadata("/x/file-42")?;
    assert!(info.is_file() && info.len() == 2);
    assert!(info.modified().is_ok() && info.accessed().is_ok());
    assert_eq!(fs::metadata("/x/none").unwrap_err().kind(), ErrorKind::NotFound);
    assert!(Path::new("/x/y/../file-1").exists());

    assert!(fs::remove_dir("/x").is_err());
    fs::rename("/x/y", "/moved")?;
    assert!(Path::new("/moved/z").is_dir());
    fs::remove_dir_all("/x")?;
    fs::remove_dir_all("/moved")?;
    assert!(!Path::new("/x").exists() && !Path::new("/moved").exists());
    Ok(())
}
