/**
 * The preview 2 adapter: WASI 0.2 over the kernel, as jco's generated code asks for it.
 *
 * One object per worker, made once. A worker runs one component at a time:
 *
 *     const preview2 = createPreview2();
 *     preview2.begin(context);
 *     try {
 *       instantiate(getCoreModule, preview2.imports) … run()
 *     } finally {
 *       code = preview2.exit.code;               // undefined: the guest has not asked to exit
 *       preview2.end();                          // closes what it left open
 *     }
 *
 * Outside `begin` … `end`, and once a guest has exited or trapped, every function throws. Direct forms (see
 * lowering.ts) are made between `begin` and `end`, and are the process's.
 */
import type { Context } from "../context.js";
import type { ExitSignal } from "../exit-signal.js";
import { environmentInterface } from "./cli/environment.js";
import { exitInterface } from "./cli/exit.js";
import { stdioInterfaces } from "./cli/stdio.js";
import { monotonicClockInterface } from "./clocks/monotonic-clock.js";
import { wallClockInterface } from "./clocks/wall-clock.js";
import { filesystemInterfaces } from "./filesystem/interfaces.js";
import { Host } from "./host.js";
import { errorInterface } from "./io/error.js";
import type { IncomingHead } from "../../base/incoming-messages.js";
import { type HandledRequest, httpInterfaces } from "./http/http-interfaces.js";
import { pollInterface } from "./io/poll.js";
import { streamsInterface } from "./io/streams.js";
import { randomInterfaces } from "./random/random.js";
import { configInterface } from "./config/config.js";
import { atomicsInterface } from "./keyvalue/atomics.js";
import { batchInterface } from "./keyvalue/batch.js";
import { storeInterface } from "./keyvalue/store.js";
import { loggingInterface } from "./logging/logging.js";
import { socketInterfaces } from "./sockets/sockets.js";

export interface Preview2 {
  /** By the names of the interfaces without a version. */
  readonly imports: Interfaces;
  /** A request of HTTP as the running component's handler takes it. */
  handled(this: void, head: IncomingHead): HandledRequest;
  /** Thrown by `exit`, and by every call after it. */
  readonly exit: ExitSignal;
  /**
   * Begins a process, which from here on owns the context's namespace. What the former process left open
   * is closed first.
   */
  begin(context: Context): void;
  /** Ends it: closes what it has open and its namespace, lets go of its memories. Ending twice is fine. */
  end(): void;
}

type Interfaces = ReturnType<typeof interfaces>["imports"];

function interfaces(host: Host) {
  const error = errorInterface(host);
  const poll = pollInterface(host);
  const streams = streamsInterface(host, error, poll);
  const stdio = stdioInterfaces(host, streams);
  const random = randomInterfaces(host);
  const config = configInterface(host);
  const filesystem = filesystemInterfaces(host, streams);
  const http = httpInterfaces(host, streams, poll);
  const imports = {
    "wasi:io/error": error.error,
    "wasi:io/poll": poll.poll,
    "wasi:io/streams": streams.streams,
    "wasi:cli/environment": environmentInterface(host),
    "wasi:cli/exit": exitInterface(host),
    "wasi:cli/stdin": stdio.stdin,
    "wasi:cli/stdout": stdio.stdout,
    "wasi:cli/stderr": stdio.stderr,
    "wasi:cli/terminal-input": stdio.terminalInput,
    "wasi:cli/terminal-output": stdio.terminalOutput,
    "wasi:cli/terminal-stdin": stdio.terminalStdin,
    "wasi:cli/terminal-stdout": stdio.terminalStdout,
    "wasi:cli/terminal-stderr": stdio.terminalStderr,
    "wasi:clocks/monotonic-clock": monotonicClockInterface(host, poll),
    "wasi:clocks/wall-clock": wallClockInterface(host),
    "wasi:filesystem/types": filesystem.types,
    "wasi:filesystem/preopens": filesystem.preopens,
    "wasi:random/random": random.random,
    "wasi:random/insecure": random.insecure,
    "wasi:random/insecure-seed": random.insecureSeed,
    "wasi:http/types": http.types,
    "wasi:http/outgoing-handler": http.outgoingHandler,
    ...socketInterfaces(host, streams, poll),
    "wasi:config/store": config,
    "wasi:config/runtime": config,
    "wasi:keyvalue/store": storeInterface(host),
    "wasi:keyvalue/atomics": atomicsInterface(host),
    "wasi:keyvalue/batch": batchInterface(host),
    "wasi:logging/logging": loggingInterface(host),
  };
  const handled: typeof http.handled = (head) => http.handled(head);
  return { imports, handled };
}

export function createPreview2(): Preview2 {
  const host = new Host();
  const { imports, handled } = interfaces(host);
  return {
    imports,
    handled,
    exit: host.exit,
    begin: (context) => host.begin(context),
    end: () => host.end(),
  };
}
