// A CGI program (RFC 3875); what it does is the first segment of PATH_INFO:
//   env       its variables, one a line
//   echo      the request's body, as it comes
//   status    the status of QUERY_STRING
//   moved     to where QUERY_STRING says, by Location alone
//   cookies   two cookies
//   count     how often this file was asked, kept in /count
//   stream    "tick\n" for each byte of stdin, written as it is read
//   late      nothing until stdin ends
//   raw       the request's body is the whole answer, head and all; ends as QUERY_STRING says: a code, or "trap"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char *var(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int asked(const char *what) {
  const char *path = var("PATH_INFO");
  size_t length = strlen(what);
  return path[0] == '/' && !strncmp(path + 1, what, length) && (path[length + 1] == 0 || path[length + 1] == '/');
}

static void say(const char *text) { write(1, text, strlen(text)); }

int main(void) {
  static char buffer[65536];
  ssize_t count;
  if (asked("env")) {
    say("Content-Type: text/plain\n\n");
    for (char **entry = environ; entry && *entry; entry++) printf("%s\n", *entry);
  } else if (asked("echo")) {
    const char *type = var("CONTENT_TYPE");
    printf("Content-Type: %s\r\n\r\n", *type ? type : "application/octet-stream");
    fflush(stdout);
    while ((count = read(0, buffer, sizeof buffer)) > 0) {
      for (char *at = buffer; count > 0;) {
        ssize_t written = write(1, at, count);
        if (written <= 0) return 1;
        at += written;
        count -= written;
      }
    }
  } else if (asked("status")) {
    printf("Status: %s\nContent-Type: text/plain\n\nstatus %s\n", var("QUERY_STRING"), var("QUERY_STRING"));
  } else if (asked("moved")) {
    printf("Location: %s\n\n", var("QUERY_STRING"));
  } else if (asked("cookies")) {
    say("Content-Type: text/html\nSet-Cookie: a=1; Path=/\nSet-Cookie: b=2\n\n<p>cookies</p>");
  } else if (asked("count")) {
    int times = 0;
    FILE *file = fopen("/count", "r");
    if (file) {
      if (fscanf(file, "%d", &times) != 1) times = 0;
      fclose(file);
    }
    file = fopen("/count", "w");
    if (file) {
      fprintf(file, "%d", times + 1);
      fclose(file);
    }
    printf("Content-Type: text/plain\n\n%d", times + 1);
  } else if (asked("stream")) {
    say("Content-Type: text/plain\n\n");
    while ((count = read(0, buffer, 1)) > 0) say("tick\n");
  } else if (asked("late")) {
    while ((count = read(0, buffer, sizeof buffer)) > 0) continue;
    say("Content-Type: text/plain\n\nlate");
  } else if (asked("raw")) {
    while ((count = read(0, buffer, sizeof buffer)) > 0) write(1, buffer, count);
    if (!strcmp(var("QUERY_STRING"), "trap")) __builtin_trap();
    return atoi(var("QUERY_STRING"));
  } else {
    printf("Status: 404 Not Found\nContent-Type: text/plain\n\nno %s here\n", var("PATH_INFO"));
  }
  return 0;
}
