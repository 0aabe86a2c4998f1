import { Agent, type ClientRequestArgs, request as httpRequest } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect, type ConnectionOptions } from "node:tls";
import { HostRefusal } from "../../base/host-service.js";

/** Time until the proxy has connected, in ms. */
const TUNNEL_MS = 10_000;

/** A proxy, and what makes connections through it. */
export interface Tunnels {
  readonly proxy: URL;
  /** Options of the agent that keeps connections. */
  readonly kept: object;
  readonly ca: string[] | undefined;
  /** What the proxy is to connect to, for a name: an address that was checked, or the name. */
  readonly destination: (hostname: string) => Promise<string>;
  /** Aborts when nobody wants connections any more. */
  readonly signal: AbortSignal;
  /** Is told of each connection to the destination. */
  readonly made: (socket: Duplex) => void;
}

type Callback = (error: Error | null, socket: Duplex) => void;

/** An agent whose connections lead through a proxy, by CONNECT for both schemes. */
export function tunnelAgent(protocol: string, tunnels: Tunnels): Agent {
  const { kept } = tunnels;
  const isTls = protocol === "https:";
  const agent = isTls ? new TlsAgent(kept) : new Agent(kept);
  const connect = (options: ClientRequestArgs & ConnectionOptions, callback: Callback): void => {
    const open = async () => {
      try {
        const plain = await openTunnel(options, isTls ? 443 : 80, tunnels);
        const socket = isTls ? await secured(plain, options.servername ?? "", tunnels) : plain;
        tunnels.made(socket);
        return () => callback(null, socket);
      } catch (error) {
        // Node's types have no socket-less form of it.
        return () => (callback as (error: Error) => void)(error as Error);
      }
    };
    // What the callback throws must not end in a promise.
    void open().then((done) => process.nextTick(done));
  };
  return Object.assign(agent, { createConnection: connect });
}

async function openTunnel(
  { host, port }: ClientRequestArgs,
  defaultPort: number,
  { proxy, ca, signal, destination }: Tunnels,
): Promise<Socket> {
  const found = await destination(host ?? "");
  const authority = `${found.includes(":") ? `[${found}]` : found}:${port ?? defaultPort}`;
  const authorization = authorizationOf(proxy);
  const isTls = proxy.protocol === "https:";
  const request = (isTls ? httpsRequest : httpRequest)({
    method: "CONNECT",
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    ...(proxy.port === "" ? undefined : { port: proxy.port }),
    path: authority,
    agent: false,
    signal,
    headers: {
      host: authority,
      ...(authorization === undefined ? undefined : { "proxy-authorization": authorization }),
    },
    ...(isTls ? { ca, rejectUnauthorized: true } : undefined),
  });
  return await new Promise<Socket>((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      request.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new HostRefusal("connection-timeout")), TUNNEL_MS);
    timer.unref();
    request.on("error", fail);
    request.on("response", () => fail(new HostRefusal("destination-unavailable")));
    request.on("connect", ({ statusCode }, socket, head) => {
      clearTimeout(timer);
      if (statusCode === 200 && head.length === 0) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new HostRefusal("destination-unavailable"));
    });
    request.end();
  });
}

async function secured(
  plain: Socket,
  servername: string,
  { ca, signal }: Tunnels,
): Promise<Socket> {
  const socket = tlsConnect({
    socket: plain,
    servername,
    rejectUnauthorized: true,
    ...(ca === undefined ? undefined : { ca }),
  });
  return await new Promise((resolve, reject) => {
    const stop = () => fail(new HostRefusal("connection-terminated"));
    const fail = (error: Error) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.destroy();
      reject(error);
    };
    signal.addEventListener("abort", stop);
    const timer = setTimeout(() => fail(new HostRefusal("connection-timeout")), TUNNEL_MS);
    timer.unref();
    socket.once("error", fail);
    socket.once("close", stop);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.off("error", fail);
      socket.off("close", stop);
      resolve(socket);
    });
  });
}

/** Of the user in the proxy's URL. */
function authorizationOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}
