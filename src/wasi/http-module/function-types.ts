/** What the import module `safedock_http` provides; bindings/ has its header for C and its Rust. */
export const HTTP_MODULE = "safedock_http";

/** One letter a parameter, as of preview 1: each is an i32, and so is the errno that each answers. */
export const HTTP_PARAMS = {
  http_open: "iiiiiiii",
  http_write: "iii",
  http_finish: "iii",
  http_status: "ii",
  http_header: "iiiiiii",
  http_header_at: "iiiii",
  http_read: "iiii",
  http_trailer_at: "iiiii",
  http_error: "iiii",
  http_close: "i",
} as const;

export type HttpFunctionName = keyof typeof HTTP_PARAMS;
