import type { Token } from "./token-server.js";

/** Most tokens that are kept: a client of that many repositories asks again. */
const MAX_TOKENS = 1024;

/** Tokens by what they were asked for: one flight each, kept until they expire. */
export class TokenCache {
  readonly #tokens = new Map<string, Promise<Token>>();

  /** The token that is kept under `key`, or the one that `fetch` brings. */
  async get(key: string, fetch: () => Promise<Token>): Promise<Token> {
    const kept = this.#tokens.get(key);
    if (kept !== undefined && (await kept).expiresAt > performance.now()) return kept;
    // Another caller may have begun while we looked at the old one.
    const current = this.#tokens.get(key);
    if (current !== undefined && current !== kept) return current;
    if (this.#tokens.size >= MAX_TOKENS) this.#tokens.clear();
    const flight = fetch();
    this.#tokens.set(key, flight);
    try {
      return await flight;
    } catch (error) {
      if (this.#tokens.get(key) === flight) this.#tokens.delete(key);
      throw error;
    }
  }

  /** Drops a token that the registry no longer takes. */
  async dropIfIs(key: string, value: string): Promise<void> {
    const kept = this.#tokens.get(key);
    const token = await kept?.catch(() => undefined);
    if (token?.value === value && this.#tokens.get(key) === kept) this.#tokens.delete(key);
  }
}
