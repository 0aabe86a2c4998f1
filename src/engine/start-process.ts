import type { GuestInput } from "../guest/guest-input.js";
import type { LaunchOrder } from "./container-host.js";
import type { Launcher } from "./launcher.js";
import { Process } from "./process.js";

/** Starts a process with streams; `onEnd` is called once, when it is over. */
export async function startProcess(
  launcher: Launcher,
  order: LaunchOrder,
  onEnd: (process: Process) => void,
): Promise<Process> {
  const { signal, stdin } = order.process;
  signal?.throwIfAborted();
  const { limits } = order.options;
  let process: Process | undefined;
  const kill = (): void => {
    void process?.kill();
  };
  const { guest, args } = await launcher.launch(order, {
    stdin: "stream",
    stdoutBytes: limits.stdoutBytes,
    stderrBytes: limits.stderrBytes,
    onEnd: () => {
      signal?.removeEventListener("abort", kill);
      if (process !== undefined) onEnd(process);
    },
  });
  // There is one: it was asked for as a stream.
  process = new Process(guest, guest.stdin as GuestInput, args);
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted === true) kill();
  if (stdin === "none") process.stdin.end();
  return process;
}
