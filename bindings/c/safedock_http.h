/*
 * Requests of HTTP for programs of WASI preview 1, under the grants of Safedock (grants.http).
 *
 * Every function answers an errno of WASI, 0 for success. What a container is not granted is answered with
 * EACCES, at safedock_http_open or, if it turns out later, at the call that waits for it. Numbers of requests
 * are never 0. Texts are bytes without a NUL at their end.
 */
#ifndef SAFEDOCK_HTTP_H
#define SAFEDOCK_HTTP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SAFEDOCK_HTTP_IMPORT(name) \
  __attribute__((__import_module__("safedock_http"), __import_name__(name)))

/* Flag of safedock_http_open: safedock_http_write and safedock_http_finish follow. */
#define SAFEDOCK_HTTP_BODY 1u

/*
 * Sends a request without waiting for its answer.
 * headers: lines such as "accept: text/plain\n". Gives the request's number.
 */
SAFEDOCK_HTTP_IMPORT("http_open")
uint32_t safedock_http_open(const char *method, size_t method_length, const char *url,
                            size_t url_length, const char *headers, size_t headers_length,
                            uint32_t flags, uint32_t *request);

/* Sends more of the body; returns when more is welcome. */
SAFEDOCK_HTTP_IMPORT("http_write")
uint32_t safedock_http_write(uint32_t request, const void *data, size_t length);

/* Ends the body. trailers: lines, as of headers; none with a length of 0. */
SAFEDOCK_HTTP_IMPORT("http_finish")
uint32_t safedock_http_finish(uint32_t request, const char *trailers, size_t trailers_length);

/* Waits for the response and gives its status. EBUSY before safedock_http_finish while there is none. */
SAFEDOCK_HTTP_IMPORT("http_status")
uint32_t safedock_http_status(uint32_t request, uint32_t *status);

/*
 * The value of a header of the response by its name; index counts those of the same name, from 0.
 * ENOENT: there is none; ERANGE: the buffer is smaller than *value_length.
 */
SAFEDOCK_HTTP_IMPORT("http_header")
uint32_t safedock_http_header(uint32_t request, const char *name, size_t name_length,
                              uint32_t index, char *value, size_t capacity, size_t *value_length);

/* A header as a line, "name: value", by its place, from 0. ENOENT: there are no more. */
SAFEDOCK_HTTP_IMPORT("http_header_at")
uint32_t safedock_http_header_at(uint32_t request, uint32_t index, char *line, size_t capacity,
                                 size_t *line_length);

/* Waits for the next bytes of the response's body. None: it is at its end. */
SAFEDOCK_HTTP_IMPORT("http_read")
uint32_t safedock_http_read(uint32_t request, void *data, size_t capacity, size_t *length);

/* A trailer as a line, as safedock_http_header_at; EINVAL before the body's end. */
SAFEDOCK_HTTP_IMPORT("http_trailer_at")
uint32_t safedock_http_trailer_at(uint32_t request, uint32_t index, char *line, size_t capacity,
                                  size_t *line_length);

/* Why the last call of this request has failed, in the words of wasi:http, such as "DNS-error". */
SAFEDOCK_HTTP_IMPORT("http_error")
uint32_t safedock_http_error(uint32_t request, char *text, size_t capacity, size_t *text_length);

/* Gives the request up, or lets go of what is left of it. */
SAFEDOCK_HTTP_IMPORT("http_close")
uint32_t safedock_http_close(uint32_t request);

#ifdef __cplusplus
}
#endif

#endif
