// build: -I../../bindings/c
// Calls of safedock_http with what makes no sense: each must be answered with an errno, and nothing else.
#include <safedock_http.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static int failures;

#define EXPECT(call, wanted)                                                        \
  do {                                                                              \
    uint32_t got = (call);                                                          \
    if (got != (wanted)) printf("%s: %u, not %u\n", #call, got, (uint32_t)(wanted)), failures++; \
  } while (0)

#define OUT ((void *)0xfffffffc)

static uint32_t open_url(const char *url, const char *headers, uint32_t flags, uint32_t *request) {
  return safedock_http_open("GET", 3, url, strlen(url), headers, strlen(headers), flags, request);
}

int main(void) {
  uint32_t request = 0, status;
  size_t length;
  char text[8];
  EXPECT(open_url("no url", "", 0, &request), __WASI_ERRNO_INVAL);
  EXPECT(open_url("http://", "", 0, &request), __WASI_ERRNO_INVAL);
  EXPECT(open_url("http://a/", "no header", 0, &request), __WASI_ERRNO_INVAL);
  EXPECT(open_url("http://a/", ": x", 0, &request), __WASI_ERRNO_INVAL);
  EXPECT(open_url("http://a/", "", 2, &request), __WASI_ERRNO_INVAL);
  EXPECT(open_url("http://a/", "", 0, OUT), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_open("GET", 3, "http://a/", 9, OUT, 100, 0, &request), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_open("GET", 3, "http://a/", 0xffffffff, "", 0, 0, &request), __WASI_ERRNO_2BIG);
  EXPECT(safedock_http_open("GET", 0xffffffff, "http://a/", 9, "", 0, 0, &request), __WASI_ERRNO_2BIG);
  EXPECT(safedock_http_open("GET", 3, "http://a/", 9, "", 40000, 0, &request), __WASI_ERRNO_2BIG);
  for (uint32_t n = 0; n < 3; n++) {
    uint32_t none = n == 0 ? 0 : n == 1 ? 77 : 0xffffffff;
    EXPECT(safedock_http_write(none, "a", 1), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_finish(none, "", 0), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_status(none, &status), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_header(none, "a", 1, 0, text, 8, &length), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_header_at(none, 0, text, 8, &length), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_read(none, text, 8, &length), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_trailer_at(none, 0, text, 8, &length), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_error(none, text, 8, &length), __WASI_ERRNO_BADF);
    EXPECT(safedock_http_close(none), __WASI_ERRNO_BADF);
  }
  EXPECT(open_url("https://granted.example/x", "accept: a\r\n\r\nx-b: c", 0, &request), 0);
  EXPECT(safedock_http_write(request, "a", 1), __WASI_ERRNO_INVAL);
  EXPECT(safedock_http_finish(request, "", 0), __WASI_ERRNO_INVAL);
  EXPECT(safedock_http_trailer_at(request, 0, text, 8, &length), __WASI_ERRNO_INVAL);
  EXPECT(safedock_http_status(request, OUT), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_status(request, (void *)0xffffffff), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_status(request, &status), 0);
  EXPECT(safedock_http_header(request, "x-long", 6, 0, text, 8, &length), __WASI_ERRNO_RANGE);
  if (length != 10) printf("length %zu\n", length), failures++;
  EXPECT(safedock_http_header(request, "x-long", 6, 1, text, 8, &length), __WASI_ERRNO_NOENT);
  EXPECT(safedock_http_header(request, "x-long", 6, 0, OUT, 20, &length), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_header(request, OUT, 20, 0, text, 8, &length), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_header_at(request, 0xffffffff, text, 8, &length), __WASI_ERRNO_NOENT);
  EXPECT(safedock_http_read(request, text, 0, &length), __WASI_ERRNO_INVAL);
  EXPECT(safedock_http_read(request, OUT, 8, &length), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_read(request, text, 8, OUT), __WASI_ERRNO_FAULT);
  EXPECT(safedock_http_close(request), 0);
  EXPECT(safedock_http_close(request), __WASI_ERRNO_BADF);
  uint32_t opened = 0;
  while (open_url("https://granted.example/x", "", SAFEDOCK_HTTP_BODY, &request) == 0) opened++;
  if (opened != 64) printf("%u were open\n", opened), failures++;
  EXPECT(safedock_http_status(request, &status), __WASI_ERRNO_BUSY);
  EXPECT(safedock_http_write(request, OUT, 8), __WASI_ERRNO_FAULT);
  printf("%d failures\n", failures);
  return failures != 0;
}
