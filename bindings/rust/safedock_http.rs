//! Requests of HTTP for programs of WASI preview 1, under the grants of Safedock (`grants.http`).
//!
//! Copy this file into your program, or include it with `#[path = "…"] mod safedock_http;`.
//!
//! ```ignore
//! let mut response = Request::get("https://api.example.com/v1/time").send()?;
//! assert_eq!(response.status()?, 200);
//! let body = response.read_to_end()?;
//! ```
#![allow(dead_code)]

use std::io;

mod imports {
    #[link(wasm_import_module = "safedock_http")]
    extern "C" {
        pub fn http_open(
            method: *const u8, method_length: usize, url: *const u8, url_length: usize,
            headers: *const u8, headers_length: usize, flags: u32, request: *mut u32,
        ) -> u32;
        pub fn http_write(request: u32, data: *const u8, length: usize) -> u32;
        pub fn http_finish(request: u32, trailers: *const u8, length: usize) -> u32;
        pub fn http_status(request: u32, status: *mut u32) -> u32;
        pub fn http_header(
            request: u32, name: *const u8, name_length: usize, index: u32,
            value: *mut u8, capacity: usize, value_length: *mut usize,
        ) -> u32;
        pub fn http_header_at(request: u32, index: u32, line: *mut u8, capacity: usize, length: *mut usize) -> u32;
        pub fn http_read(request: u32, data: *mut u8, capacity: usize, length: *mut usize) -> u32;
        pub fn http_trailer_at(request: u32, index: u32, line: *mut u8, capacity: usize, length: *mut usize) -> u32;
        pub fn http_error(request: u32, text: *mut u8, capacity: usize, length: *mut usize) -> u32;
        pub fn http_close(request: u32) -> u32;
    }
}

const BODY: u32 = 1;
const ENOENT: u32 = 44;
/// The host takes no header that is longer.
const LONGEST_LINE: usize = 32 * 1024;

/// A request that was not sent yet.
pub struct Request {
    method: String,
    url: String,
    headers: String,
}

impl Request {
    pub fn new(method: &str, url: &str) -> Self {
        Request { method: method.into(), url: url.into(), headers: String::new() }
    }

    pub fn get(url: &str) -> Self {
        Request::new("GET", url)
    }

    /// Adds a header. The host refuses those of the connection, and what it is not granted.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(name);
        self.headers.push_str(": ");
        self.headers.push_str(value);
        self.headers.push('\n');
        self
    }

    /// Sends it without a body.
    pub fn send(self) -> io::Result<Response> {
        self.open(0)
    }

    /// Sends it with all of its body.
    pub fn send_body(self, body: &[u8]) -> io::Result<Response> {
        let mut writer = self.send_stream()?;
        io::Write::write_all(&mut writer, body)?;
        writer.finish()
    }

    /// Sends it; the body is what is written.
    pub fn send_stream(self) -> io::Result<BodyWriter> {
        Ok(BodyWriter(self.open(BODY)?))
    }

    fn open(self, flags: u32) -> io::Result<Response> {
        let mut request = 0;
        let errno = unsafe {
            imports::http_open(
                self.method.as_ptr(), self.method.len(), self.url.as_ptr(), self.url.len(),
                self.headers.as_ptr(), self.headers.len(), flags, &mut request,
            )
        };
        if errno != 0 {
            return Err(io::Error::from_raw_os_error(errno as i32));
        }
        Ok(Response(request))
    }
}

/// The body of a request on its way.
pub struct BodyWriter(Response);

impl BodyWriter {
    pub fn finish(self) -> io::Result<Response> {
        self.finish_with("")
    }

    /// Ends the body with trailers: lines such as `"x-sum: 7\n"`.
    pub fn finish_with(self, trailers: &str) -> io::Result<Response> {
        let errno = unsafe { imports::http_finish(self.0.0, trailers.as_ptr(), trailers.len()) };
        self.0.check(errno)?;
        Ok(self.0)
    }
}

impl io::Write for BodyWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let errno = unsafe { imports::http_write(self.0.0, data.as_ptr(), data.len()) };
        self.0.check(errno)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A response, or what will be one. Dropped, it is given up.
pub struct Response(u32);

impl Response {
    /// Waits for the response.
    pub fn status(&self) -> io::Result<u16> {
        let mut status = 0;
        self.check(unsafe { imports::http_status(self.0, &mut status) })?;
        Ok(status as u16)
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.text(|buffer, capacity, length| unsafe {
            imports::http_header(self.0, name.as_ptr(), name.len(), 0, buffer, capacity, length)
        })
    }

    /// All headers, as `name: value`.
    pub fn headers(&self) -> io::Result<Vec<Vec<u8>>> {
        self.lines(imports::http_header_at)
    }

    /// All trailers, once the body was read to its end.
    pub fn trailers(&self) -> io::Result<Vec<Vec<u8>>> {
        self.lines(imports::http_trailer_at)
    }

    pub fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        io::Read::read_to_end(self, &mut body)?;
        Ok(body)
    }

    fn lines(
        &self,
        at: unsafe extern "C" fn(u32, u32, *mut u8, usize, *mut usize) -> u32,
    ) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        while let Some(line) = self.text(|buffer, capacity, length| unsafe {
            at(self.0, lines.len() as u32, buffer, capacity, length)
        })? {
            lines.push(line);
        }
        Ok(lines)
    }

    fn text(&self, ask: impl Fn(*mut u8, usize, *mut usize) -> u32) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; LONGEST_LINE];
        let mut length = 0;
        let errno = ask(buffer.as_mut_ptr(), buffer.len(), &mut length);
        if errno == ENOENT {
            return Ok(None);
        }
        self.check(errno)?;
        buffer.truncate(length);
        Ok(Some(buffer))
    }

    /// The host's word for what has failed, such as `DNS-error`, if it has one.
    pub fn error(&self) -> String {
        let mut buffer = vec![0; 256];
        let mut length = 0;
        let errno = unsafe { imports::http_error(self.0, buffer.as_mut_ptr(), buffer.len(), &mut length) };
        buffer.truncate(if errno == 0 { length } else { 0 });
        String::from_utf8_lossy(&buffer).into_owned()
    }

    fn check(&self, errno: u32) -> io::Result<()> {
        if errno == 0 {
            return Ok(());
        }
        let kind = io::Error::from_raw_os_error(errno as i32).kind();
        let word = self.error();
        if word.is_empty() { Err(io::Error::from_raw_os_error(errno as i32)) } else { Err(io::Error::new(kind, word)) }
    }
}

impl io::Read for Response {
    fn read(&mut self, data: &mut [u8]) -> io::Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        let mut length = 0;
        self.check(unsafe { imports::http_read(self.0, data.as_mut_ptr(), data.len(), &mut length) })?;
        Ok(length)
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        unsafe { imports::http_close(self.0) };
    }
}
