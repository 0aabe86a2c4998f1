import { parseNamePattern } from "../base/domain-name.js";
import { LOG_LEVELS, type LogLevel } from "../base/logging-messages.js";
import { type CheckedSockets, grantsSockets, NO_SOCKETS } from "../services/checked-sockets.js";
import { MAX_KEY_BYTES } from "../services/key-value-service.js";
import { parseSocketRule, type SocketRule } from "../services/socket-rule.js";
import { HIDDEN } from "./hidden-value.js";
import { isRecord, type Problems, show } from "./problems.js";

/** What of the app's services is granted, those of HTTP aside. */
export interface CheckedServices {
  readonly sockets: CheckedSockets;
  readonly config: ReadonlyMap<string, string>;
  /** Names in `config` whose values are secret. */
  readonly configSecrets: ReadonlySet<string>;
  /** Names of stores. */
  readonly keyvalue: readonly string[];
  /** The lowest level that is handed on. */
  readonly logging: LogLevel | undefined;
}

export const NO_SERVICES: CheckedServices = Object.freeze({
  sockets: NO_SOCKETS,
  config: new Map<string, string>(),
  configSecrets: new Set<string>(),
  keyvalue: [],
  logging: undefined,
});

/** Entries of one list: far more than anybody reads. */
const MAX_ENTRIES = 1000;
/** Characters of all names and values of `config` together. */
const MAX_CONFIG = 2 ** 20;
const SOCKETS_KEYS = ["tcp", "udp", "lookup"];
const PROTOCOL_KEYS = ["connect", "listen"];
/** `""` is the same store, as `wasi:keyvalue` has it. */
export const DEFAULT_STORE = "default";

/** Whether any service is granted. */
export function grantsServices({ sockets, config, keyvalue, logging }: CheckedServices): boolean {
  return config.size > 0 || keyvalue.length > 0 || logging !== undefined || grantsSockets(sockets);
}

/** Checks a plain copy of these members of `Grants`. */
export function checkServiceGrants(
  grants: Readonly<Record<string, unknown>>,
  problems: Problems,
): CheckedServices {
  const { sockets, config, keyvalue, logging } = grants;
  if (
    sockets === undefined &&
    config === undefined &&
    keyvalue === undefined &&
    logging === undefined
  ) {
    return NO_SERVICES;
  }
  return {
    sockets: sockets === undefined ? NO_SOCKETS : checkSockets(sockets, problems),
    ...checkConfig(config ?? {}, problems),
    keyvalue: checkStores(keyvalue ?? [], problems),
    logging: checkLogging(logging, problems),
  };
}

function checkSockets(sockets: unknown, problems: Problems): CheckedSockets {
  if (!isRecord(sockets)) {
    problems.add(`grants.sockets: must be an object, not ${show(sockets)}`);
    return NO_SOCKETS;
  }
  problems.keys("grants.sockets.", sockets, SOCKETS_KEYS);
  const tcp = checkProtocol("grants.sockets.tcp", sockets.tcp, problems);
  const udp = checkProtocol("grants.sockets.udp", sockets.udp, problems);
  return {
    tcpConnect: tcp.connect,
    tcpListen: tcp.listen,
    udpConnect: udp.connect,
    udpListen: udp.listen,
    lookup: checkLookup(sockets.lookup, problems),
  };
}

function checkProtocol(
  at: string,
  protocol: unknown,
  problems: Problems,
): Record<"connect" | "listen", readonly SocketRule[]> {
  if (protocol === undefined) return { connect: [], listen: [] };
  if (!isRecord(protocol)) {
    problems.add(`${at}: must be { connect, listen }, not ${show(protocol)}`);
    return { connect: [], listen: [] };
  }
  problems.keys(`${at}.`, protocol, PROTOCOL_KEYS);
  const rules = (use: "connect" | "listen"): readonly SocketRule[] =>
    checkList(`${at}.${use}`, protocol[use], problems).flatMap(([where, text]) => {
      const rule = parseSocketRule(text, use);
      if (rule !== undefined) return [rule];
      const example = use === "connect" ? "db.example.com:5432 or 10.0.0.0/8:*" : "127.0.0.1:8080";
      problems.add(
        `${where}: must be an address and a port, such as ${example}, not ${show(text)}`,
      );
      return [];
    });
  return { connect: rules("connect"), listen: rules("listen") };
}

function checkLookup(lookup: unknown, problems: Problems): CheckedSockets["lookup"] {
  if (lookup === true) return true;
  if (lookup === false) return [];
  return checkList("grants.sockets.lookup", lookup, problems).flatMap(([where, text]) => {
    const pattern = parseNamePattern(text);
    if (pattern !== undefined) return [pattern];
    problems.add(`${where}: must be a name or *. and a name, not ${show(text)}`);
    return [];
  });
}

/** No message holds a value: it may be a secret that was written at the wrong place. */
function checkConfig(
  config: unknown,
  problems: Problems,
): Pick<CheckedServices, "config" | "configSecrets"> {
  const values = new Map<string, string>();
  const secrets = new Set<string>();
  if (!isRecord(config)) {
    problems.add(`grants.config: must be an object of strings, not ${show(config)}`);
    return { config: values, configSecrets: secrets };
  }
  let size = 0;
  for (const [name, given] of Object.entries(config)) {
    const at = `grants.config[${show(name)}]`;
    const isSecret = isRecord(given) && Object.keys(given).join() === "secret";
    const value = isSecret ? given.secret : given;
    if (typeof value !== "string") problems.add(`${at}: must be a string or { secret }`);
    else if (value === HIDDEN) problems.add(`${at}: its value was hidden, give it anew`);
    else {
      values.set(name, value);
      if (isSecret) secrets.add(name);
      size += name.length + value.length;
    }
  }
  if (values.size > MAX_ENTRIES) problems.add(`grants.config: more than ${MAX_ENTRIES} values`);
  if (size > MAX_CONFIG) problems.add(`grants.config: more than ${MAX_CONFIG} characters`);
  return { config: values, configSecrets: secrets };
}

function checkStores(stores: unknown, problems: Problems): readonly string[] {
  const names = checkList("grants.keyvalue", stores, problems).map(([where, name]) => {
    if (name.length > MAX_KEY_BYTES)
      problems.add(`${where}: more than ${MAX_KEY_BYTES} characters`);
    return name === "" ? DEFAULT_STORE : name;
  });
  return [...new Set(names)];
}

function checkLogging(logging: unknown, problems: Problems): LogLevel | undefined {
  if (logging === undefined || logging === false) return undefined;
  if (logging === true) return "trace";
  const level = LOG_LEVELS.find((each) => each === logging);
  if (level === undefined) {
    problems.add(
      `grants.logging: must be true, false or one of ${LOG_LEVELS.join(", ")}, not ${show(logging)}`,
    );
  }
  return level;
}

function checkList(
  at: string,
  list: unknown,
  problems: Problems,
): (readonly [where: string, text: string])[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    problems.add(`${at}: must be an array of strings, not ${show(list)}`);
    return [];
  }
  if (list.length > MAX_ENTRIES) {
    problems.add(`${at}: ${list.length} entries, more than ${MAX_ENTRIES}`);
  }
  return list.slice(0, MAX_ENTRIES).flatMap((text: unknown, index) => {
    const where = `${at}[${index}]`;
    if (typeof text === "string") return [[where, text] as const];
    problems.add(`${where}: must be a string, not ${show(text)}`);
    return [];
  });
}
