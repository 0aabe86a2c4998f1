import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface TestServer {
  readonly port: number;
  /** All that were made, also those that are over. */
  readonly connections: readonly Socket[];
  close(): Promise<void>;
}

/** A server of TCP on a port of the system's choice. */
export async function tcpServer(
  host: string,
  onConnection: (socket: Socket) => void,
): Promise<TestServer> {
  const connections: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

export function echoServer(host: string): Promise<TestServer> {
  return tcpServer(host, (socket) => socket.pipe(socket));
}
