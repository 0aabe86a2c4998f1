"""Answers HTTP by CGI (RFC 3875), with the standard library alone: a small web application in one file."""

import json
import os
import sys
from urllib.parse import parse_qs


def respond(status, kind, body):
    out = sys.stdout.buffer
    out.write(f"Status: {status}\r\nContent-Type: {kind}\r\nX-Served-By: CPython\r\n\r\n".encode())
    out.write(body)
    out.flush()


def hello(query):
    name = query.get("name", ["world"])[0]
    respond("200 OK", "text/plain; charset=utf-8", f"Hello, {name}!\n".encode())


def total(_query):
    length = int(os.environ.get("CONTENT_LENGTH") or 0)
    numbers = json.loads(sys.stdin.buffer.read(length))["numbers"]
    respond("200 OK", "application/json", json.dumps({"sum": sum(numbers)}).encode())


def visits(_query):
    path = "/var/visits"
    count = int(open(path).read()) + 1 if os.path.exists(path) else 1
    os.makedirs("/var", exist_ok=True)
    with open(path, "w") as file:
        file.write(str(count))
    respond("200 OK", "text/plain", str(count).encode())


def fail(_query):
    raise RuntimeError("on purpose")


ROUTES = {
    ("GET", "/hello"): hello,
    ("POST", "/total"): total,
    ("GET", "/visits"): visits,
    ("GET", "/fail"): fail,
}

method = os.environ["REQUEST_METHOD"]
route = ROUTES.get((method, os.environ.get("PATH_INFO", "/")))
if route is None:
    respond("404 Not Found", "text/plain", b"no such page\n")
else:
    route(parse_qs(os.environ.get("QUERY_STRING", "")))
