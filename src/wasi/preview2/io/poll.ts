/** wasi:io/poll. */
import type { Host } from "../host.js";
import { MAX_POLLABLES } from "../limits.js";
import { lower, lowerMethod } from "../lowering.js";
import { makeDroppable, objectOf, resourceOf } from "../object-form.js";
import type { Process } from "../process.js";
import type { Resource, ResourceType } from "../resource.js";
import { PollableResource } from "./pollable.js";
import { type Waitable, waitForAny } from "./waitable.js";

/** The object form of a pollable. */
export interface PollableForm {
  ready(): boolean;
  block(): void;
}

/** What other interfaces make pollables with. */
export type PollInterface = ReturnType<typeof pollInterface>;

export function pollInterface(host: Host) {
  class Pollable {
    ready(): boolean {
      const process = host.enter();
      return resourceOf(host, PollableResource, this).on.ready(process);
    }

    block(): void {
      const process = host.enter();
      waitForAny(process, [resourceOf(host, PollableResource, this).on]);
    }
  }

  lowerMethod(
    host,
    Pollable.prototype,
    "ready",
    [PollableResource],
    (lowering) => (self: number) => {
      const process = host.enter();
      return lowering.resource(PollableResource, 0, self).on.ready(process) ? 1 : 0;
    },
  );
  lowerMethod(
    host,
    Pollable.prototype,
    "block",
    [PollableResource],
    (lowering) => (self: number) => {
      const process = host.enter();
      waitForAny(process, [lowering.resource(PollableResource, 0, self).on]);
    },
  );
  makeDroppable(host, Pollable, PollableResource);

  /** The places of those that are ready, at least one. */
  function pollAll(process: Process, waitables: readonly Waitable[]): number[] {
    if (waitables.length === 0) host.trap("a poll of nothing");
    waitForAny(process, waitables);
    const ready: number[] = [];
    for (const [index, waitable] of waitables.entries()) {
      if (waitable.ready(process)) ready.push(index);
    }
    return ready;
  }

  function checkCount(count: number): void {
    if (count > MAX_POLLABLES) host.trap(`a poll of more than ${MAX_POLLABLES} pollables`);
  }

  const poll = (list: PollableForm[]): Uint32Array => {
    const process = host.enter();
    checkCount(list.length);
    const waitables = list.map((each) => resourceOf(host, PollableResource, each).on);
    return Uint32Array.from(pollAll(process, waitables));
  };
  lower(
    host,
    poll,
    [PollableResource],
    (lowering) =>
      (list: number, count: number, out: number): void => {
        const process = host.enter();
        checkCount(count >>> 0);
        const { memory } = lowering;
        const from = lowering.at(list, (count >>> 0) * 4, 4);
        const to = lowering.at(out, 8, 4);
        const waitables: Waitable[] = [];
        for (let at = from; waitables.length < count >>> 0; at += 4)
          waitables.push(
            lowering.resource(PollableResource, 0, memory.view.getUint32(at, true)).on,
          );
        const ready = pollAll(process, waitables);
        const address = lowering.allocate(ready.length * 4, 4);
        for (const [index, place] of ready.entries())
          memory.view.setUint32(address + index * 4, place, true);
        memory.view.setUint32(to, address, true);
        memory.view.setUint32(to + 4, ready.length, true);
      },
  );

  return {
    poll: { Pollable, poll },
    /** The object form of a pollable; it must not outlive `parent`. */
    pollable: (on: Waitable, parent?: Resource): PollableForm =>
      objectOf(host, Pollable, new PollableResource(on), parent),
  };
}

/** Gives a class's `subscribe` its direct form: the pollable is a child of what it is about. */
export function subscribable<T extends Resource>(
  host: Host,
  prototype: { subscribe(): unknown },
  type: ResourceType<T>,
  waitableOf: (resource: T) => Waitable,
): void {
  lowerMethod(
    host,
    prototype,
    "subscribe",
    [PollableResource, type],
    (lowering) =>
      (self: number): number => {
        host.enter();
        const resource = lowering.resource(type, 1, self);
        return lowering.give(0, new PollableResource(waitableOf(resource)), resource);
      },
  );
}
