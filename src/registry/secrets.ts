/** Most short-lived tokens that are remembered: a client of that many repositories forgets the oldest. */
const MAX_TOKENS = 1024;

/** What we sent and what must not come back in a message. */
export class Secrets {
  readonly #own = new Set<string>();
  readonly #tokens = new Set<string>();

  /** Remembers what is sent for as long as the registry is open. */
  add(secret: string): void {
    if (secret !== "") this.#own.add(secret);
  }

  /** Remembers a token that a server gave. */
  addToken(token: string): void {
    const [oldest] = this.#tokens;
    if (oldest !== undefined && this.#tokens.size >= MAX_TOKENS) this.#tokens.delete(oldest);
    this.#tokens.add(token);
  }

  /** Takes every secret out of a text that a server sent back. */
  readonly redact = (text: string): string => {
    let clean = text;
    for (const secret of [...this.#own, ...this.#tokens]) clean = clean.replaceAll(secret, "***");
    return clean;
  };
}
