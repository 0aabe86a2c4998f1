// clock: real
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(30));
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert!(start.elapsed() < Duration::from_secs(20));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(now.as_secs() > 1_600_000_000);
    // The map's hash keys come from random_get.
    let map: HashMap<u32, u32> = (0..1000).map(|i| (i, i * i)).collect();
    assert_eq!(map[&31], 961);
    // No threads here: asking is an error, not a crash.
    assert!(std::thread::Builder::new().spawn(|| ()).is_err());
}
