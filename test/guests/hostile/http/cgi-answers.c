// Answers by CGI that are none, lie, or never end: the first segment of PATH_INFO says which.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *path;

static int asked(const char *what) { return !strcmp(path + 1, what); }

static void say(const char *text) {
  if (write(1, text, strlen(text)) < 0) exit(3);
}

static const char OK[] = "Content-Type: text/plain\n\n";

int main(void) {
  path = getenv("PATH_INFO");
  if (!path || !*path) path = "/";
  if (asked("nothing")) return 0;
  if (asked("exit-3")) return 3;
  if (asked("trap")) __builtin_trap();
  if (asked("trap-in-head")) say("Content-Type: text/plain\n"), __builtin_trap();
  if (asked("trap-in-body")) say(OK), say("half of it"), __builtin_trap();
  if (asked("loop")) for (volatile int i = 0;; i++) continue;
  if (asked("loop-in-body")) {
    say(OK), say("some");
    for (volatile int i = 0;; i++) continue;
  }
  if (asked("head-without-end")) say("Content-Type: text/plain\nX: y\n");
  if (asked("status-line")) say("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello");
  if (asked("no-fields")) say("\nhello");
  if (asked("no-cgi-field")) say("X-Other: 1\n\nhello");
  if (asked("no-colon")) say("Content-Type text/plain\n\nhello");
  if (asked("space-before-colon")) say("Content-Type : text/plain\n\nhello");
  if (asked("folded")) say("Content-Type: text/plain\n charset=utf-8\n\nhello");
  if (asked("bare-cr")) say("Content-Type: text/plain\rSet-Cookie: admin=1\n\nhello");
  if (asked("nul")) {
    static const char bytes[] = "Content-Type: text/plain\nX: a\0b\n\nhello";
    write(1, bytes, sizeof bytes - 1);
  }
  if (asked("status-0")) say("Status: 0\n\n");
  if (asked("status-100")) say("Status: 100 Continue\n\n");
  if (asked("status-101")) say("Status: 101 Switching Protocols\nUpgrade: raw\n\n");
  if (asked("status-600")) say("Status: 600\n\n");
  if (asked("status-2000")) say("Status: 2000\n\n");
  if (asked("status-text")) say("Status: OK\n\n");
  if (asked("status-twice")) say("Status: 200\nStatus: 500\n\n");
  if (asked("length-twice")) say("Content-Length: 5\nContent-Length: 6\nContent-Type: text/plain\n\nhello!");
  if (asked("length-negative")) say("Content-Length: -5\nContent-Type: text/plain\n\nhello");
  if (asked("length-short")) {
    say("Content-Length: 5\nContent-Type: text/plain\n\nhello");
    say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
  }
  if (asked("length-long")) say("Content-Length: 500\nContent-Type: text/plain\n\nhello");
  if (asked("hop-by-hop")) {
    say("Content-Type: text/plain\nConnection: close, x-secret\nX-Secret: 1\nTransfer-Encoding: chunked\n");
    say("Keep-Alive: timeout=1\nUpgrade: raw\nTrailer: x\nProxy-Authenticate: basic\n\n");
    say("0\r\n\r\n");
  }
  if (asked("many-fields")) {
    say("Content-Type: text/plain\n");
    for (int i = 0; i < 2000; i++) say("A: b\n");
    say("\nhello");
  }
  if (asked("endless-head")) {
    say("Content-Type: text/plain\n");
    for (;;) say("X-Filler: 0123456789012345678901234567890123456789\n");
  }
  if (asked("endless-field")) {
    say("Content-Type: ");
    for (;;) say("0123456789012345678901234567890123456789");
  }
  if (asked("endless-body")) {
    say(OK);
    for (;;) say("0123456789012345678901234567890123456789012345678901234567890123");
  }
  if (asked("redirect-loop")) say("Location: /redirect-loop\n\n");
  if (asked("redirect-with-body")) say("Location: /nothing\n\nhello");
  if (asked("redirect-away")) say("Location: /other/secret\n\n");
  if (asked("body-of-204")) say("Status: 204\nContent-Length: 5\n\nhello");
  if (asked("stderr-flood")) {
    for (int i = 0; i < 100000; i++) write(2, "0123456789012345678901234567890123456789\n", 41);
    say(OK), say("done");
  }
  return 0;
}
