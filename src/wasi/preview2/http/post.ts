import type { Process } from "../process.js";

/** Requests whose answers nobody waits for, oldest first, by process. */
const posted = new WeakMap<Process, number[]>();

/** Tells the app something. Its answer is taken when it has come, so that none pile up. */
export function post(
  process: Process,
  service: string,
  op: string,
  head: unknown,
  body?: Uint8Array,
): void {
  const { host } = process.context;
  let ids = posted.get(process);
  if (ids === undefined) {
    ids = [];
    posted.set(process, ids);
  }
  while (ids[0] !== undefined && host.take(ids[0]) !== undefined) ids.shift();
  ids.push(host.send(service, op, head, body));
}
