// build: -I../../bindings/c
// Sends the request that its arguments say (method, URL, header lines), with stdin as the body for all
// methods but GET, and prints the response.
#include <safedock_http.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[65536];

static int fail(const char *what, uint32_t request, uint32_t errno_) {
  size_t length = 0;
  char word[128] = "";
  if (request != 0) safedock_http_error(request, word, sizeof word, &length);
  printf("%s: errno %u %.*s\n", what, errno_, (int)length, word);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  static char headers[16384];
  size_t used = 0;
  for (int n = 3; n < argc; n++) used += (size_t)snprintf(headers + used, sizeof headers - used, "%s\n", argv[n]);
  int has_body = strcmp(argv[1], "GET") != 0;
  uint32_t request = 0, status = 0, error;
  error = safedock_http_open(argv[1], strlen(argv[1]), argv[2], strlen(argv[2]), headers, used,
                             has_body ? SAFEDOCK_HTTP_BODY : 0, &request);
  if (error != 0) return fail("open", 0, error);
  if (has_body) {
    ssize_t count;
    while ((count = read(0, buffer, sizeof buffer)) > 0) {
      error = safedock_http_write(request, buffer, (size_t)count);
      if (error != 0) return fail("write", request, error);
    }
    error = safedock_http_finish(request, "x-end: yes\n", 11);
    if (error != 0) return fail("finish", request, error);
  }
  error = safedock_http_status(request, &status);
  if (error != 0) return fail("status", request, error);
  printf("%u\n", status);
  size_t length = 0;
  for (uint32_t n = 0; safedock_http_header_at(request, n, buffer, sizeof buffer, &length) == 0; n++)
    printf("%.*s\n", (int)length, buffer);
  if (safedock_http_header(request, "X-ANSWER", 8, 0, buffer, sizeof buffer, &length) == 0)
    printf("answer=%.*s\n", (int)length, buffer);
  printf("\n");
  fflush(stdout);
  for (;;) {
    error = safedock_http_read(request, buffer, sizeof buffer, &length);
    if (error != 0) return fail("read", request, error);
    if (length == 0) break;
    write(1, buffer, length);
  }
  for (uint32_t n = 0; safedock_http_trailer_at(request, n, buffer, sizeof buffer, &length) == 0; n++)
    printf("\n%.*s", (int)length, buffer);
  printf("\n");
  return safedock_http_close(request) == 0 ? 0 : 3;
}
