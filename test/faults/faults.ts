import { gzipSync } from "node:zlib";
import { answerHonestly, bytesAsked, mediaTypeAsked, type Asked } from "./misbehaving-registry.js";
import type { Numbers } from "../hostile/seeded-numbers.js";

/** One way of answering wrongly; `next` gives its numbers. */
export type Fault = (asked: Asked, next: Numbers) => void;

/** Faults by name: the name is what a failed run prints. */
export const faults: Readonly<Record<string, Fault>> = {
  "cut at a random byte": (asked, next) => {
    const bytes = bodyOf(asked);
    head(asked, { "content-length": bytes.byteLength });
    asked.response.write(bytes.subarray(0, next(bytes.byteLength + 1)), () =>
      asked.response.destroy(),
    );
  },
  "reset at a random byte": (asked, next) => {
    const bytes = bodyOf(asked);
    head(asked, { "content-length": bytes.byteLength });
    asked.response.write(bytes.subarray(0, next(bytes.byteLength + 1)), () =>
      asked.response.socket?.resetAndDestroy(),
    );
  },
  "reset before the head": ({ response }) => response.socket?.resetAndDestroy(),
  "cut within the head": ({ response }, next) => {
    const text = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-type: text/plain\r\n";
    response.socket?.write(text.slice(0, 1 + next(text.length)), () => response.socket?.destroy());
  },
  "stalls within the body": (asked, next) => {
    const bytes = bodyOf(asked);
    head(asked, { "content-length": bytes.byteLength + 1 });
    asked.response.write(bytes.subarray(0, next(bytes.byteLength + 1)));
  },
  // A half-open connection looks like this: it takes the request and nothing comes back.
  "never answers": () => undefined,
  "corrupts a byte": (asked, next) => {
    const bytes = Buffer.from(bodyOf(asked));
    if (bytes.byteLength > 0) bytes[next(bytes.byteLength)] ^= 1 << next(8);
    whole(asked, bytes);
  },
  "is short of bytes": (asked, next) => {
    const bytes = bodyOf(asked);
    whole(asked, bytes.subarray(0, next(bytes.byteLength + 1)));
  },
  "has more bytes": (asked, next) =>
    whole(asked, Buffer.concat([bodyOf(asked), Buffer.alloc(1 + next(9000), next(256))])),
  "says a greater content-length": (asked, next) => {
    const bytes = bodyOf(asked);
    head(asked, { "content-length": bytes.byteLength + 1 + next(5000) });
    asked.response.write(bytes, () => asked.response.destroy());
  },
  "says a smaller content-length": (asked, next) => {
    const bytes = bodyOf(asked);
    raw(asked, [`content-length: ${next(bytes.byteLength + 1)}`], bytes);
  },
  "says an absurd content-length": (asked, next) => {
    const values = ["99999999999999999999", "-5", "0x10", "1e3", "9007199254740993", "12, 13"];
    raw(asked, [`content-length: ${values[next(values.length)]}`], bodyOf(asked));
  },
  "chunked with more bytes": (asked, next) => {
    head(asked, {});
    asked.response.end(Buffer.concat([bodyOf(asked), Buffer.alloc(1 + next(70_000))]));
  },
  "chunked and cut": (asked, next) => {
    const bytes = bodyOf(asked);
    head(asked, {});
    asked.response.write(bytes.subarray(0, next(bytes.byteLength + 1)), () =>
      asked.response.destroy(),
    );
  },
  "chunked with garbled sizes": (asked) =>
    raw(asked, ["transfer-encoding: chunked"], Buffer.from("zz\r\nabc\r\n0\r\n\r\n")),
  "both lengths at once": (asked) =>
    raw(asked, ["content-length: 5", "transfer-encoding: chunked"], Buffer.from("0\r\n\r\n")),
  "not HTTP at all": ({ response }, next) => {
    const noise = Buffer.from(Array.from({ length: 1 + next(200) }, () => next(256)));
    response.socket?.end(noise);
  },
  "too large a head": (asked) =>
    raw(asked, [`x-padding: ${"x".repeat(40_000)}`, "content-length: 0"], Buffer.alloc(0)),
  "one byte at a time, then a cut": (asked, next) => {
    const bytes = bodyOf(asked);
    head(asked, { "content-length": bytes.byteLength });
    const end = Math.min(bytes.byteLength, next(12));
    const drip = (at: number): void => {
      if (at >= end) asked.response.destroy();
      else asked.response.write(bytes.subarray(at, at + 1), () => setImmediate(drip, at + 1));
    };
    drip(0);
  },
  "another range than asked for": (asked, next) => {
    const bytes = bytesAsked(asked) ?? Buffer.alloc(0);
    const from = next(bytes.byteLength + 1);
    const part = bytes.subarray(from);
    const total = next(2) === 0 ? bytes.byteLength : next(10_000);
    head(asked, { "content-range": `bytes ${from}-${from + part.byteLength - 1}/${total}` }, 206);
    asked.response.end(part);
  },
  "no range at all": (asked, next) => {
    head(asked, next(2) === 0 ? { "content-range": "bytes */7" } : {}, 206);
    asked.response.end(bodyOf(asked));
  },
  "refuses the range": (asked) => asked.response.writeHead(416).end(),
  "ignores the range": (asked) => {
    const bytes = bytesAsked(asked) ?? Buffer.alloc(0);
    head(asked, { "content-length": bytes.byteLength });
    asked.response.end(bytes);
  },
  "redirects in a circle": ({ response, url }, next) =>
    void response.writeHead([301, 302, 307, 308][next(4)] ?? 302, { location: url }).end(),
  "redirects to nowhere": ({ response }, next) => {
    const targets = [
      "http://127.0.0.1:1/gone",
      "file:///etc/passwd",
      "http://",
      "//",
      "data:,x",
      "http://user:secret@127.0.0.1:1/",
    ];
    response.writeHead(307, { location: targets[next(targets.length)] }).end();
  },
  "redirects without a target": ({ response }) => void response.writeHead(302).end(),
  "is overloaded": ({ response }, next) => {
    const status = [429, 500, 502, 503, 504, 408][next(6)] ?? 503;
    const wait = ["0", "-1", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "999999999"][next(5)];
    const isSaid = wait !== undefined && next(2) === 0;
    response.writeHead(status, isSaid ? { "retry-after": wait } : {}).end("<html>busy</html>");
  },
  "refuses for good": ({ response }, next) => {
    const status = [400, 403, 404, 405, 410, 418, 501][next(7)] ?? 404;
    const body = next(2) === 0 ? '{"errors":[{"code":"DENIED","message":"no"}]}' : "{".repeat(5000);
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  },
  "asks who we are, without end": ({ response, request, image }, next) => {
    const realm = `http://${request.headers.host}/v2/${image.manifest.digest}/tokens/none`;
    const challenges = [
      "Basic realm=x",
      `Bearer realm="${realm}",service="s"`,
      "Bearer",
      'Bearer realm="http://127.0.0.1:1/t"',
      'Bearer realm="file:///etc/passwd"',
      `Bearer ${"realm=".repeat(1000)}`,
      "Negotiate, Digest x=y",
      "",
    ];
    const challenge = challenges[next(challenges.length)] ?? "";
    response.writeHead(401, { "www-authenticate": challenge }).end();
  },
  "says a wrong content type": (asked, next) => {
    const types = ["text/html", "application/json", "", "application/vnd.oci.image.index.v1+json"];
    asked.response.writeHead(200, { "content-type": types[next(types.length)] });
    asked.response.end(bodyOf(asked));
  },
  "gzips what must be as it is": (asked) => {
    head(asked, { "content-encoding": "gzip" });
    asked.response.end(gzipSync(bodyOf(asked)));
  },
  "only says that it is gzipped": (asked) => {
    head(asked, { "content-encoding": "gzip" });
    asked.response.end(bodyOf(asked));
  },
  "gives another part of the image": (asked, next) => {
    const all = [...asked.image.bytes.values()];
    whole(asked, all[next(all.length)] ?? Buffer.alloc(0));
  },
  "names another digest": (asked, next) => {
    const values = [`sha256:${"0".repeat(64)}`, "sha256:short", "md5:aa", "x".repeat(3000)];
    head(asked, { "docker-content-digest": values[next(values.length)] });
    asked.response.end(bodyOf(asked));
  },
  "edits the JSON": (asked, next) => whole(asked, edited(bodyOf(asked), next)),
  "is larger than any manifest": (asked) => whole(asked, Buffer.alloc(5 * 2 ** 20, " ")),
  "is nested deeply": (asked) => whole(asked, Buffer.from("[".repeat(100_000))),
  "says early hints without end": (asked, next) => {
    for (let count = next(20); count >= 0; count--) asked.response.writeProcessing();
    answerHonestly(asked);
  },
};

/** Changes one value of a manifest or config: numbers, digests, types, keys. */
function edited(bytes: Uint8Array, next: Numbers): Buffer {
  const text = Buffer.from(bytes).toString("latin1");
  const edits: readonly (() => string)[] = [
    () => text.replace(/"size":\d+/, `"size":${[0, -1, 1e18, 1.5, 7][next(5)]}`),
    () => text.replace(/[0-9a-f]{64}/, "f".repeat(64)),
    () => text.replace(/sha256:/, "sha512:"),
    () => text.replace(/"layers"/, '"__proto__"'),
    () => text.replace(/"layers":\[/, '"layers":[null,'),
    () => text.replace(/"config":\{/, '"config":{"constructor":{"prototype":{"polluted":1}},'),
    () => text.replace(/tar\+gzip/, "tar+zstd"),
    () => text.replace(/"schemaVersion":2/, '"schemaVersion":1'),
    () => text.slice(0, next(text.length + 1)),
    () => `${text}${text}`,
    () => `\uFEFF${text}`,
    () => text.replace(/"mediaType":"[^"]*"/, '"mediaType":7'),
  ];
  return Buffer.from(edits[next(edits.length)]?.() ?? "", "latin1");
}

function bodyOf(asked: Asked): Uint8Array {
  const bytes = bytesAsked(asked) ?? Buffer.alloc(0);
  const from = Number(/^bytes=(\d+)-$/.exec(asked.request.headers.range ?? "")?.[1] ?? 0);
  return bytes.subarray(from);
}

/** The head of an answer that means to be the one asked for. */
function head(
  asked: Asked,
  headers: Record<string, string | number | undefined>,
  status = 0,
): void {
  const { request, response } = asked;
  const bytes = bytesAsked(asked);
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const isRange = from !== undefined && bytes !== undefined && !("content-range" in headers);
  const last = (bytes?.byteLength ?? 0) - 1;
  response.writeHead(status || (isRange ? 206 : 200), {
    "content-type": mediaTypeAsked(asked),
    ...(isRange ? { "content-range": `bytes ${from}-${last}/${last + 1}` } : {}),
    ...headers,
  });
}

function whole(asked: Asked, bytes: Uint8Array): void {
  head(asked, { "content-length": bytes.byteLength });
  asked.response.end(bytes);
}

/** Written past Node's own checks. */
function raw({ response }: Asked, headers: readonly string[], body: Uint8Array): void {
  const lines = ["HTTP/1.1 200 OK", "content-type: application/octet-stream", ...headers, "", ""];
  response.socket?.write(Buffer.concat([Buffer.from(lines.join("\r\n")), body]));
  setTimeout(() => response.socket?.destroy(), 5);
}
