// Gets what its argument names with the bindings for Rust, then sends it back by POST to the second.
#[path = "../../../bindings/rust/safedock_http.rs"]
mod safedock_http;

use safedock_http::Request;
use std::io::Write;

fn main() -> std::io::Result<()> {
    let urls: Vec<String> = std::env::args().skip(1).collect();
    let mut response = match Request::get(&urls[0]).header("accept", "text/plain").send() {
        Ok(response) => response,
        Err(error) => {
            println!("refused: {error}");
            return Ok(());
        }
    };
    match response.status() {
        Ok(status) => println!("{status}"),
        Err(error) => {
            println!("failed: {error}");
            return Ok(());
        }
    }
    let body = response.read_to_end()?;
    if let Some(url) = urls.get(1) {
        let mut writer = Request::new("POST", url).send_stream()?;
        writer.write_all(&body)?;
        let mut answer = writer.finish_with("x-sum: 7\n")?;
        let text = answer.read_to_end()?;
        println!("{} {}", answer.status()?, String::from_utf8_lossy(&text));
        println!("{:?}", answer.header("content-type")?.map(|value| String::from_utf8_lossy(&value).into_owned()));
        println!("{} headers, {} trailers", answer.headers()?.len(), answer.trailers()?.len());
    }
    Ok(())
}
