import { LOG_LEVELS, type LogLevel } from "../base/logging-messages.js";
import { SOCKET_RULES, widerSockets } from "../services/checked-sockets.js";
import type { CheckedServices } from "./check-service-grants.js";
import type { Comparison } from "./grant-width.js";
import { serviceGrantsOf } from "./service-grants-of.js";

/** What is in `next` and not in `present`, in words. */
export function widerServices(present: CheckedServices, next: CheckedServices): readonly string[] {
  return [
    ...widerSockets(present.sockets, next.sockets).map((what) => `sockets ${what}`),
    ...[...next.config]
      .filter(([name, value]) => present.config.get(name) !== value)
      .map(([name]) => `config.${name}`),
    ...next.keyvalue
      .filter((name) => !present.keyvalue.includes(name))
      .map((name) => `keyvalue ${name}`),
    ...(levelOf(next.logging) > levelOf(present.logging) ? ["logging"] : []),
  ];
}

/** The lower the level, the more is heard: 0 for none. */
function levelOf(level: LogLevel | undefined): number {
  return level === undefined ? 0 : LOG_LEVELS.length - LOG_LEVELS.indexOf(level);
}

/** Which is more, of one kind of service. */
export function compareServices(old: CheckedServices, next: CheckedServices): Comparison {
  const added = widerServices(old, next).length > 0;
  const removed = widerServices(next, old).length > 0;
  if (added && removed) return undefined;
  return added ? 1 : removed ? -1 : 0;
}

/** A grant as `diffGrants` has it: by its name, as a service with nothing else in it, and in words. */
export interface ServiceEntry {
  readonly value: CheckedServices;
  readonly text: string;
}

/** Each entry on its own: `sockets:tcp.connect 10.0.0.5:5432`, `config:LEVEL`, `keyvalue:default`, `logging`. */
export function serviceEntries(
  services: CheckedServices,
  nothing: CheckedServices,
): ReadonlyMap<string, ServiceEntry> {
  const { sockets, config, configSecrets, keyvalue, logging } = services;
  const entries = new Map<string, ServiceEntry>();
  for (const list of SOCKET_RULES) {
    const name = `${list.slice(0, 3)}.${list.slice(3).toLowerCase()}`;
    for (const rule of sockets[list]) {
      const value = { ...nothing, sockets: { ...nothing.sockets, [list]: [rule] } };
      entries.set(`sockets:${name} ${rule.text}`, { value, text: "allowed" });
    }
  }
  const { lookup } = sockets;
  for (const name of lookup === true ? ["*"] : lookup) {
    const value = {
      ...nothing,
      sockets: { ...nothing.sockets, lookup: lookup === true ? lookup : [name] },
    };
    entries.set(`sockets:lookup ${name}`, { value, text: "allowed" });
  }
  for (const [name, text] of config) {
    const one = { ...nothing, config: new Map([[name, text]]), configSecrets };
    const shown = serviceGrantsOf(one)?.config?.[name];
    entries.set(`config:${name}`, {
      value: one,
      text: typeof shown === "string" ? JSON.stringify(shown) : "<hidden>",
    });
  }
  for (const name of keyvalue) {
    entries.set(`keyvalue:${name}`, { value: { ...nothing, keyvalue: [name] }, text: "allowed" });
  }
  if (logging !== undefined) {
    entries.set("logging", { value: { ...nothing, logging }, text: `from ${logging}` });
  }
  return entries;
}

/** What is left of the services without the grant of that name; undefined if `granted` had none. */
export function withoutService(
  granted: CheckedServices,
  present: CheckedServices,
  name: string,
): CheckedServices | undefined {
  const cut = name.indexOf(":");
  const [kind, rest] = cut === -1 ? [name, undefined] : [name.slice(0, cut), name.slice(cut + 1)];
  const nothing = { ...present };
  switch (kind) {
    case "sockets":
      if (rest !== undefined) return withoutSocket(granted, present, rest);
      return serviceGrantsOf(granted)?.sockets === undefined
        ? undefined
        : {
            ...nothing,
            sockets: { tcpConnect: [], tcpListen: [], udpConnect: [], udpListen: [], lookup: [] },
          };
    case "config": {
      if (rest === undefined || !granted.config.has(rest)) return undefined;
      return { ...nothing, config: new Map([...present.config].filter(([each]) => each !== rest)) };
    }
    case "keyvalue":
      if (rest === undefined || !granted.keyvalue.includes(rest)) return undefined;
      return { ...nothing, keyvalue: present.keyvalue.filter((each) => each !== rest) };
    case "logging":
      if (rest !== undefined || granted.logging === undefined) return undefined;
      return { ...nothing, logging: undefined };
    default:
      return undefined;
  }
}

/** `tcp.connect 10.0.0.5:5432`, as `diffGrants` names it. */
function withoutSocket(
  granted: CheckedServices,
  present: CheckedServices,
  name: string,
): CheckedServices | undefined {
  const cut = name.indexOf(" ");
  const [where, text] = [name.slice(0, cut), name.slice(cut + 1)];
  if (where === "lookup") {
    const { lookup } = granted.sockets;
    if (lookup === true ? text !== "*" : !lookup.includes(text)) return undefined;
    const left = present.sockets.lookup;
    const after = left === true ? [] : left.filter((each) => each !== text);
    return { ...present, sockets: { ...present.sockets, lookup: after } };
  }
  const list = SOCKET_RULES.find(
    (each) => `${each.slice(0, 3)}.${each.slice(3).toLowerCase()}` === where,
  );
  if (list === undefined || !granted.sockets[list].some((rule) => rule.text === text)) {
    return undefined;
  }
  const after = present.sockets[list].filter((rule) => rule.text !== text);
  return { ...present, sockets: { ...present.sockets, [list]: after } };
}
