/** wasi:clocks/monotonic-clock. */
import { SUCCESS } from "../../../fs/errno.js";
import { TAKEN_CLOCK, USED_CLOCK, USED_SLEEP } from "../../../fs/policy-board.js";
import type { Host } from "../host.js";
import { PollableResource } from "../io/pollable.js";
import type { PollableForm, PollInterface } from "../io/poll.js";
import type { Waitable } from "../io/waitable.js";
import { lower } from "../lowering.js";
import type { Process } from "../process.js";

/** A moment of the monotonic clock. */
class Deadline implements Waitable {
  readonly waits = 0;
  readonly deadline: bigint;

  constructor(deadline: bigint) {
    this.deadline = deadline;
  }

  ready({ context }: Process): boolean {
    return context.clock.monotonic() >= this.deadline;
  }
}

export function monotonicClockInterface(host: Host, poll: PollInterface) {
  const now = (): bigint => readClock(host.enter(), "now").monotonic();
  lower(host, now, [], () => now);

  const resolution = (): bigint => {
    const process = host.enter();
    process.use(USED_CLOCK);
    return process.context.clock.resolution;
  };
  lower(host, resolution, [], () => resolution);

  const at = (when: bigint): Deadline => {
    const process = host.enter();
    process.use(USED_SLEEP);
    readClock(process, "subscribe-instant");
    return new Deadline(BigInt.asUintN(64, when));
  };
  const subscribeInstant = (when: bigint): PollableForm => poll.pollable(at(when));
  lower(
    host,
    subscribeInstant,
    [PollableResource],
    (lowering) => (when: bigint) => lowering.give(0, new PollableResource(at(when))),
  );

  const after = (length: bigint): Deadline => {
    const process = host.enter();
    process.use(USED_SLEEP);
    tellTaken(process, "subscribe-duration");
    return new Deadline(process.context.clock.monotonic() + BigInt.asUintN(64, length));
  };
  const subscribeDuration = (length: bigint): PollableForm => poll.pollable(after(length));
  lower(
    host,
    subscribeDuration,
    [PollableResource],
    (lowering) => (length: bigint) => lowering.give(0, new PollableResource(after(length))),
  );

  return { now, resolution, subscribeInstant, subscribeDuration };
}

/** The clock of a process that wants to know the time. */
export function readClock(process: Process, call: string): Process["context"]["clock"] {
  process.use(USED_CLOCK);
  tellTaken(process, call);
  return process.context.clock;
}

/** A clock that was taken back stands still, but the program should be seen to want it. */
function tellTaken(process: Process, call: string): void {
  if ((process.taken & TAKEN_CLOCK) !== 0) process.deny("clock", call, SUCCESS);
}
