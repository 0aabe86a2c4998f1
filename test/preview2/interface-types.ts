/** What jco's own host of WASI 0.2 says of its interfaces, for ours to be held to by the compiler. */
import type * as environment from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-environment";
import type * as exit from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-exit";
import type * as stderr from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-stderr";
import type * as stdin from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdin";
import type * as stdout from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdout";
import type * as terminalInput from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-input";
import type * as terminalOutput from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-output";
import type * as terminalStderr from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stderr";
import type * as terminalStdin from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdin";
import type * as terminalStdout from "@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdout";
import type * as monotonicClock from "@bytecodealliance/preview2-shim/interfaces/wasi-clocks-monotonic-clock";
import type * as wallClock from "@bytecodealliance/preview2-shim/interfaces/wasi-clocks-wall-clock";
import type * as preopens from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-preopens";
import type * as filesystemTypes from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";
import type * as outgoingHandler from "@bytecodealliance/preview2-shim/interfaces/wasi-http-outgoing-handler";
import type * as httpTypes from "@bytecodealliance/preview2-shim/interfaces/wasi-http-types";
import type * as error from "@bytecodealliance/preview2-shim/interfaces/wasi-io-error";
import type * as poll from "@bytecodealliance/preview2-shim/interfaces/wasi-io-poll";
import type * as streams from "@bytecodealliance/preview2-shim/interfaces/wasi-io-streams";
import type * as insecureSeed from "@bytecodealliance/preview2-shim/interfaces/wasi-random-insecure-seed";
import type * as insecure from "@bytecodealliance/preview2-shim/interfaces/wasi-random-insecure";
import type * as random from "@bytecodealliance/preview2-shim/interfaces/wasi-random-random";
import type * as instanceNetwork from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-instance-network";
import type * as ipNameLookup from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-ip-name-lookup";
import type * as network from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import type * as tcpCreateSocket from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-tcp-create-socket";
import type * as tcp from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-tcp";
import type * as udpCreateSocket from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp-create-socket";
import type * as udp from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp";
import type { Preview2 } from "../../src/wasi/preview2/index.js";

type Callable = (...args: never[]) => unknown;

/** Functions as they are; of a class that nobody but its host constructs, its objects and its static methods. */
type Form<T> = {
  readonly [K in keyof T]: T[K] extends Callable ? T[K] : Pick<T[K], keyof T[K]>;
};

export interface Wanted {
  readonly "wasi:cli/environment": Form<typeof environment>;
  readonly "wasi:cli/exit": Form<typeof exit>;
  readonly "wasi:cli/stderr": Form<typeof stderr>;
  readonly "wasi:cli/stdin": Form<typeof stdin>;
  readonly "wasi:cli/stdout": Form<typeof stdout>;
  readonly "wasi:cli/terminal-input": Form<typeof terminalInput>;
  readonly "wasi:cli/terminal-output": Form<typeof terminalOutput>;
  readonly "wasi:cli/terminal-stderr": Form<typeof terminalStderr>;
  readonly "wasi:cli/terminal-stdin": Form<typeof terminalStdin>;
  readonly "wasi:cli/terminal-stdout": Form<typeof terminalStdout>;
  readonly "wasi:clocks/monotonic-clock": Form<typeof monotonicClock>;
  readonly "wasi:clocks/wall-clock": Form<typeof wallClock>;
  readonly "wasi:filesystem/preopens": Form<typeof preopens>;
  readonly "wasi:filesystem/types": Form<typeof filesystemTypes>;
  readonly "wasi:http/outgoing-handler": Form<typeof outgoingHandler>;
  readonly "wasi:http/types": Form<typeof httpTypes>;
  readonly "wasi:io/error": Form<typeof error>;
  readonly "wasi:io/poll": Form<typeof poll>;
  readonly "wasi:io/streams": Form<typeof streams>;
  readonly "wasi:random/insecure-seed": Form<typeof insecureSeed>;
  readonly "wasi:random/insecure": Form<typeof insecure>;
  readonly "wasi:random/random": Form<typeof random>;
  readonly "wasi:sockets/instance-network": Form<typeof instanceNetwork>;
  readonly "wasi:sockets/ip-name-lookup": Form<typeof ipNameLookup>;
  readonly "wasi:sockets/network": Form<typeof network>;
  readonly "wasi:sockets/tcp-create-socket": Form<typeof tcpCreateSocket>;
  readonly "wasi:sockets/tcp": Form<typeof tcp>;
  readonly "wasi:sockets/udp-create-socket": Form<typeof udpCreateSocket>;
  readonly "wasi:sockets/udp": Form<typeof udp>;
}

export type Ours = Preview2["imports"];

export const check = (ours: Ours): Wanted => ours;
