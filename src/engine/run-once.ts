import { onAbort } from "../base/on-abort.js";
import type { Guest, GuestIo } from "../guest/guest.js";
import type { CheckedOptions } from "./check-options.js";
import type { RunOptions, StdinData } from "./container-options.js";
import type { Containers } from "./containers.js";
import { toExitStatus, type RunResult } from "./exit-status.js";
import { NO_RECORDS } from "./grant-ledger.js";
import type { Image } from "./image.js";
import type { Launcher } from "./launcher.js";

/**
 * Create, start, wait and remove in one: no streams are made, and no container is listed. This is the
 * warm path that the bench measures.
 */
export async function runOnce(
  launcher: Launcher,
  containers: Containers,
  image: Image,
  options: CheckedOptions,
  { stdin, signal, onHostCall, audit }: RunOptions,
): Promise<RunResult> {
  const layer = containers.layerForRun(options);
  const ledger = containers.ledgerForRun(options, audit === true);
  try {
    const records = ledger?.begin() ?? NO_RECORDS;
    const order = {
      image,
      options,
      layer,
      words: undefined,
      records,
      process: signal === undefined ? NO_PROCESS_OPTIONS : { signal },
    };
    const io: GuestIo = {
      stdin: toBytes(stdin),
      collect: true,
      stdoutBytes: options.limits.stdoutBytes,
      stderrBytes: options.limits.stderrBytes,
      onHostCall,
      denied: (message) => containers.deniedInRun(image, options, ledger, message),
      mayTellDenial: () => containers.mayTellInRun(image),
    };
    const { guest } = await launcher.launch(order, io, (record) =>
      containers.loggedInRun(image, record),
    );
    ledger?.started();
    const exit = signal === undefined ? await guest.wait() : await waitOrAbort(guest, signal);
    const { stdout, stderr, stdoutTruncated, stderrTruncated } = guest.collected;
    const truncated = stdoutTruncated || stderrTruncated;
    const result: RunResult = { ...toExitStatus(exit), stdout, stderr, truncated };
    if (audit !== true || ledger === undefined) return result;
    ledger.release();
    return { ...result, audit: ledger.audit() };
  } finally {
    ledger?.release();
    const released = layer?.release();
    if (released !== undefined) await released;
  }
}

const NO_PROCESS_OPTIONS = Object.freeze({});
const NO_BYTES = new Uint8Array(0);

async function waitOrAbort(guest: Guest, signal: AbortSignal) {
  const kill = () => guest.kill();
  const forget = onAbort(signal, kill);
  try {
    if (signal.aborted) kill();
    const exit = await guest.wait();
    signal.throwIfAborted();
    return exit;
  } finally {
    forget();
  }
}

function toBytes(stdin: StdinData | undefined): Uint8Array {
  if (stdin === undefined) return NO_BYTES;
  return typeof stdin === "string" ? Buffer.from(stdin) : stdin;
}
