// Load for an HTTP server on loopback: connections that are kept, on each one request after the other.
import { once } from "node:events";
import { connect } from "node:net";

const REQUEST = Buffer.from("GET / HTTP/1.1\r\nhost: bench.test\r\n\r\n");

/** Whether `bytes` is a whole response; its body must be chunked or have a length. */
function isWhole(bytes) {
  const head = bytes.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const fields = bytes.toString("latin1", 0, head).toLowerCase();
  if (!fields.startsWith("http/1.1 200 ")) throw new Error(`answered ${fields.split("\r\n")[0]}`);
  const length = /\r\ncontent-length: *(\d+)/.exec(fields);
  if (length !== null) return bytes.length >= head + 4 + Number(length[1]);
  return bytes.toString("latin1", bytes.length - 5) === "0\r\n\r\n";
}

async function lane(port, until) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let answered = 0;
  let received = Buffer.alloc(0);
  const over = deferred();
  socket.on("error", over.reject);
  socket.on("close", () => over.resolve());
  socket.on("data", (bytes) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    try {
      if (!isWhole(received)) return;
    } catch (error) {
      over.reject(error);
      return;
    }
    received = Buffer.alloc(0);
    answered++;
    if (performance.now() < until) socket.write(REQUEST);
    else over.resolve();
  });
  socket.write(REQUEST);
  try {
    await over.promise;
  } finally {
    socket.destroy();
  }
  return answered;
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

/** Answered requests per second, by so many connections for so many ms. */
export async function requestsPerSecond(port, { connections, ms }) {
  const started = performance.now();
  const lanes = Array.from({ length: connections }, () => lane(port, started + ms));
  const answered = (await Promise.all(lanes)).reduce((sum, count) => sum + count, 0);
  return (answered / (performance.now() - started)) * 1000;
}
