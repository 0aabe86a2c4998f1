import { throwProblems, unknownOptions } from "../base/option-problems.js";
import type { KeyPage, KeyValueStore } from "./key-value-store.js";

/**
 * What {@link redisStore} needs of a Redis client: that of the package `redis` has it. Answers must be bytes, which
 * `options` ask for in the way of its versions 4 and 5; of another client make one that always answers so, such
 * as `{ sendCommand: ([name, ...args]) => ioredis.callBuffer(name, ...args) }`.
 */
export interface RedisCommands {
  /** Sends one command, its name first, and gives the answer in bytes. */
  sendCommand(args: (string | Buffer)[], options?: object): Promise<unknown>;
}

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** Before each key, so that stores can share a database. Default none. */
  readonly prefix?: string;
}

/** Version 5 of `redis` maps types of replies by their first byte, `$`; version 4 has one switch for all. */
const AS_BYTES = { returnBuffers: true, typeMapping: { 36: Buffer } };
const SUBJECT = "options of redisStore";
/** Keys that Redis looks at for one page. */
const SCAN_COUNT = "500";
/** Redis runs a script undivided. KEYS: the key. ARGV: "1" if one is expected, what is, the new value. */
const SWAP = `local present = redis.call("GET", KEYS[1])
if ARGV[1] == "1" then
  if present ~= ARGV[2] then return 0 end
elseif present then
  return 0
end
redis.call("SET", KEYS[1], ARGV[3])
return 1`;

/**
 * A store in Redis, by a client that the app brings, connects and closes. Numbers are those of `INCRBY`; a swap is
 * a script, so that nothing comes between.
 *
 * @example
 * ```ts
 * import { createClient } from "redis";
 *
 * const client = await createClient({ url: "redis://localhost:6379" }).connect();
 * const store = redisStore(client, { prefix: "guests:" });
 * console.log(await store.increment("visits", 1n)); // 1n
 * await client.close();
 * ```
 * @throws SafedockError `ERR_OPTIONS_INVALID`
 */
export function redisStore(client: RedisCommands, options: RedisStoreOptions = {}): KeyValueStore {
  const problems = unknownOptions("", options, ["prefix"]);
  throwProblems(SUBJECT, problems);
  const { prefix = "" } = options;
  if (typeof prefix !== "string") problems.push("prefix: must be a string");
  if (!isClient(client)) problems.push("client: must have sendCommand, as that of `redis` has");
  throwProblems(SUBJECT, problems);
  return new RedisStore(client, prefix);
}

class RedisStore implements KeyValueStore {
  readonly #client: RedisCommands;
  readonly #prefix: string;

  constructor(client: RedisCommands, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return bytesOf(await this.#send("GET", this.#name(key)));
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.#send("SET", this.#name(key), asBuffer(value));
  }

  async delete(key: string): Promise<void> {
    await this.#send("DEL", this.#name(key));
  }

  async exists(key: string): Promise<boolean> {
    return Number(textOf(await this.#send("EXISTS", this.#name(key)))) > 0;
  }

  async listKeys(cursor = "0"): Promise<KeyPage> {
    if (!/^\d{1,20}$/.test(cursor)) throw new RangeError("that is no cursor");
    const match = `${this.#prefix.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}*`;
    const reply = await this.#send("SCAN", cursor, "MATCH", match, "COUNT", SCAN_COUNT);
    if (!Array.isArray(reply) || !Array.isArray(reply[1]))
      throw new TypeError("an odd answer to SCAN");
    const keys = reply[1].map((key: unknown) => textOf(key).slice(this.#prefix.length));
    const next = textOf(reply[0]);
    return next === "0" ? { keys } : { keys, cursor: next };
  }

  async increment(key: string, delta: bigint): Promise<bigint> {
    const reply = await this.#send("INCRBY", this.#name(key), String(delta));
    return BigInt(textOf(reply));
  }

  async compareAndSwap(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean> {
    const [has, old] = expected === undefined ? ["0", ""] : ["1", asBuffer(expected)];
    const reply = await this.#send("EVAL", SWAP, "1", this.#name(key), has, old, asBuffer(value));
    return textOf(reply) === "1";
  }

  async getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (keys.length === 0) return [];
    const reply = await this.#send("MGET", ...keys.map((key) => this.#name(key)));
    if (!Array.isArray(reply)) throw new TypeError("an odd answer to MGET");
    return reply.map(bytesOf);
  }

  async setMany(entries: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#send(
      "MSET",
      ...entries.flatMap(([key, value]) => [this.#name(key), asBuffer(value)]),
    );
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#send("DEL", ...keys.map((key) => this.#name(key)));
  }

  #name(key: string): string {
    return this.#prefix + key;
  }

  #send(...args: (string | Buffer)[]): Promise<unknown> {
    return this.#client.sendCommand(args, AS_BYTES);
  }
}

function isClient(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "sendCommand" in value && typeof value.sendCommand === "function";
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** A text would have lost what is no UTF-8. */
function bytesOf(reply: unknown): Uint8Array | undefined {
  if (reply === null || reply === undefined) return undefined;
  if (reply instanceof Uint8Array) return reply;
  throw new TypeError("the Redis client answers with text in place of bytes");
}

function textOf(reply: unknown): string {
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString();
  if (typeof reply === "string" || typeof reply === "number" || typeof reply === "bigint") {
    return String(reply);
  }
  throw new TypeError("an odd answer of the Redis client");
}
