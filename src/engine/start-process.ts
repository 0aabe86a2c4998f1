import type { GuestInput } from "../guest/guest-input.js";
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
  const { limits } = order.options;
  const { guest, args } = await launcher.launch(order, {
    stdin: "stream",
    stdoutBytes: limits.stdoutBytes,
    stderrBytes: limits.stderrBytes,
    onHostCall,
  });
  // There is one: it was asked for as a stream.
  const process = new Process(guest, guest.stdin as GuestInput, args);
  const kill = () => guest.kill();
  signal?.addEventListener("abort", kill, { once: true });
  life.started(process);
  guest.whenOver(() => {
    signal?.removeEventListener("abort", kill);
    life.ended(process);
  });
  if (signal?.aborted === true) kill();
  if (stdin === "none") process.stdin.end();
  return process;
}
