import type { ConfigEntries } from "../base/config-messages.js";
import type { HostReply, HostService } from "../base/host-service.js";

/** What one process is configured with: the same as long as it runs, as `wasi:config` has it. */
export class ConfigService implements HostService {
  readonly #entries: () => ReadonlyMap<string, string>;

  /** `entries` is asked when the process asks, once. */
  constructor(entries: () => ReadonlyMap<string, string>) {
    this.#entries = entries;
  }

  call(): HostReply {
    const head: ConfigEntries = [...this.#entries()];
    return { head };
  }
}
