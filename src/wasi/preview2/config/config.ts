/**
 * wasi:config/store, and wasi:config/runtime, as its first drafts called it. They answer with a result or without
 * one; as no call fails here, both forms are one.
 */
import { CONFIG_SERVICE, type ConfigEntries } from "../../../base/config-messages.js";
import { EACCES } from "../../../fs/errno.js";
import type { Host } from "../host.js";
import type { Process } from "../process.js";

const NOTHING: ReadonlyMap<string, string> = new Map();

export function configInterface(host: Host) {
  /** Asked for once: it does not change as long as a process runs. */
  const known = new WeakMap<Process, ReadonlyMap<string, string>>();

  function entriesOf(call: string): ReadonlyMap<string, string> {
    const process = host.enter();
    let entries = known.get(process);
    if (entries === undefined) {
      entries = ask(process);
      known.set(process, entries);
    }
    if (!process.context.host.offers(CONFIG_SERVICE)) process.deny("config", call, EACCES);
    return entries;
  }

  return {
    get: (name: string): string | undefined => entriesOf("get").get(name),
    getAll: (): [string, string][] => [...entriesOf("get-all")],
  };
}

/** Without a grant there is nothing. */
function ask({ context }: Process): ReadonlyMap<string, string> {
  if (!context.host.offers(CONFIG_SERVICE)) return NOTHING;
  const answer = context.host.call(CONFIG_SERVICE, "all", undefined);
  return answer.ok ? new Map(answer.head as ConfigEntries) : NOTHING;
}
