/**
 * What a guest and the app say to each other about sockets: the requests of service `sockets`. The guest's
 * side chooses the numbers of sockets. Refusals are in words of `wasi:sockets/network` `error-code`.
 *
 * | op              | head                             | body   | answered                                        |
 * | --------------- | -------------------------------- | ------ | ----------------------------------------------- |
 * | `tcp-bind`      | {@link BindRequest}              |        | its own {@link Endpoint}                        |
 * | `tcp-listen`    | {@link SocketRequest}            |        | nothing                                         |
 * | `tcp-accept`    | {@link AcceptRequest}            |        | {@link Connection}, once there is one           |
 * | `tcp-connect`   | {@link ConnectRequest}           |        | {@link Connection}                              |
 * | `tcp-receive`   | {@link ReceiveRequest}           |        | a body, once there is one; head `"end"`         |
 * | `tcp-send`      | {@link SocketRequest}            | bytes  | nothing, once the system has taken them         |
 * | `tcp-shutdown`  | {@link ShutdownRequest}          |        | nothing                                         |
 * | `tcp-keepalive` | {@link KeepAliveRequest}         |        | nothing                                         |
 * | `udp-bind`      | {@link BindRequest}              |        | its own {@link Endpoint}                        |
 * | `udp-peer`      | {@link PeerRequest}              |        | nothing                                         |
 * | `udp-send`      | {@link SendRequest}              | all    | {@link SendReply}                               |
 * | `udp-receive`   | {@link ReceiveRequest}           |        | {@link Datagram}s and their bytes, once there are any |
 * | `udp-set`       | {@link UdpOptions}               |        | nothing                                         |
 * | `close`         | {@link SocketRequest}            |        | nothing                                         |
 * | `lookup`        | {@link LookupRequest}            |        | addresses                                       |
 */
export const SOCKETS_SERVICE = "sockets";

/** Datagrams in one message: as much of them as a frame holds. */
export const MAX_DATAGRAMS = 64;

/** An address as RFC 5952 writes it, and a port. */
export type Endpoint = readonly [address: string, port: number];

export interface SocketRequest {
  readonly id: number;
}

export interface BindRequest extends SocketRequest {
  readonly local: Endpoint;
}

export interface ConnectRequest extends SocketRequest {
  readonly remote: Endpoint;
}

export interface AcceptRequest extends SocketRequest {
  /** The number of the new socket. */
  readonly as: number;
}

export interface Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

export interface ReceiveRequest extends SocketRequest {
  /** Bytes; of UDP: datagrams. */
  readonly max: number;
}

export interface ShutdownRequest extends SocketRequest {
  readonly how: "receive" | "send" | "both";
}

export interface KeepAliveRequest extends SocketRequest {
  readonly enabled: boolean;
  readonly idleMs: number;
}

export interface PeerRequest extends SocketRequest {
  /** Datagrams of others are dropped. Undefined: none are. */
  readonly remote: Endpoint | undefined;
}

export interface SendRequest extends SocketRequest {
  /** One after the other in the body. */
  readonly datagrams: readonly Datagram[];
}

export type Datagram = readonly [address: string, port: number, size: number];

export interface SendReply {
  /** How many were sent before the first that was not. */
  readonly sent: number;
  /** Why that one was not. */
  readonly code?: string;
}

export interface UdpOptions extends SocketRequest {
  readonly hopLimit?: number;
  readonly receiveBufferSize?: number;
  readonly sendBufferSize?: number;
}

export interface LookupRequest {
  readonly name: string;
}
