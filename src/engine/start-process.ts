import { onAbort } from "../base/on-abort.js";
import type { GuestIo } from "../guest/guest.js";
import { GuestInput } from "../guest/guest-input.js";
import type { LaunchOrder, ProcessLife } from "./container-host.js";
import type { Launcher } from "./launcher.js";
import { Process } from "./process.js";

/** Starts a process with streams, and tells when it has started and when it is over, once each. */
export async function startProcess(
  launcher: Launcher,
  order: LaunchOrder,
  life: ProcessLife,
): Promise<Process> {
  const { signal, stdin, onHostCall } = order.process;
  signal?.throwIfAborted();
  const { limits, stdio } = order.options;
  const serves = order.program !== undefined && order.program !== "command";
  const hasInput = !serves && (stdio === undefined || stdio.stdin === "pipe");
  const io: GuestIo = {
    ...(hasInput ? STREAMED : undefined),
    // Nobody reads the streams of what stays for long: what is over the caps is dropped.
    collect: serves,
    stdoutBytes: limits.stdoutBytes,
    stderrBytes: limits.stderrBytes,
    onHostCall,
    denied: (message) => life.denied(process, message),
    mayTellDenial: () => order.records.denials?.mayTell() ?? true,
  };
  const { guest, args } = await launcher.launch(order, io, (record) =>
    life.logged(process, record),
  );
  const process = new Process(guest, guest.stdin ?? unreadInput(), args);
  const kill = () => guest.kill();
  const forget = signal === undefined ? undefined : onAbort(signal, kill);
  life.started(process);
  guest.whenOver(() => {
    forget?.();
    life.ended(process);
  });
  if (signal?.aborted === true) kill();
  if (stdin === "none") process.stdin.end();
  return process;
}

const STREAMED = { stdin: "stream" } as const;

/** Of a process without stdin: what the app writes is dropped. */
function unreadInput(): GuestInput {
  const input = new GuestInput();
  input.finish();
  return input;
}
