import type { CredentialsSource } from "./credentials.js";

/**
 * A place that has a registry's images as well. Mirrors are asked in the order given, for reading only;
 * one that fails, lacks the image or sends other bytes than the digest promises is passed over.
 */
export interface RegistryMirror {
  /** `host` or `host:port`, and a path that goes before the repository's if need be: `cache.example/hub`. */
  readonly host: string;
  /** Who we are at the mirror. Default as the option `credentials` of the registry says for the mirror's
   * host when that is a function or unset; credentials given for all registries are not sent to mirrors. */
  readonly credentials?: CredentialsSource;
  /** Speak plain HTTP with it. Default false; the option `insecure` counts as well. */
  readonly insecure?: boolean;
  /** Ask it where a tag points, too. Default true; with false it serves digests only. */
  readonly tags?: boolean;
}

/** How to reach registries. One set of options serves any number of registries. */
export interface RegistryOptions {
  /**
   * Who we are, for every registry or by registry; `"anonymous"` for nobody. Default: the logins of
   * `docker login` and `podman login` with their credential helpers, see `storedCredentials`. Not looked
   * for before a registry asks; sent to the registry and to the token server it names, to nobody else.
   */
  readonly credentials?: CredentialsSource;
  /**
   * Certificates of authorities to trust besides Node's own list, in PEM. Default none.
   */
  readonly ca?: string | readonly string[];
  /**
   * Registries (`host` or `host:port`, as in references) to speak plain HTTP with. Default none;
   * a registry on loopback (`localhost`, `127.0.0.0/8`, `[::1]`) needs no entry.
   */
  readonly insecure?: readonly string[];
  /**
   * Where to read images from before the registry itself, by registry as in references; see
   * {@link RegistryMirror}. Default none.
   */
  readonly mirrors?: Readonly<Record<string, readonly (string | RegistryMirror)[]>>;
  /**
   * URL of an HTTP proxy, with user and password if it wants them; `false` for none. Default as
   * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in lower or upper case. Loopback is never reached by a
   * proxy.
   */
  readonly proxy?: string | URL | false;
  /** Longest wait for a connection, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Longest wait for the head of an answer, in milliseconds. Default 60,000. */
  readonly headersTimeoutMs?: number;
  /**
   * Longest silence within a body, in milliseconds; a body of which less than 16 KiB come in that time
   * counts as silent. Default 60,000.
   */
  readonly stallTimeoutMs?: number;
  /** Tries after the first, when a connection breaks or the answer is 429 or 5xx. Default 4. */
  readonly retries?: number;
  /**
   * Upper bound of the first pause between tries, in milliseconds; it doubles with each try, and each
   * pause is a random part of it. Default 250.
   */
  readonly retryDelayMs?: number;
}

/** As long as Docker waits for a dial, in milliseconds. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** Registries that fetch from another one first (pull-through caches) answer late, in milliseconds. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 60_000;
/** Twice the retransmission pauses of a connection that recovers, in milliseconds. */
export const DEFAULT_STALL_TIMEOUT_MS = 60_000;
/** Fewest bytes of a body in the time of a stall: less than 300 bytes a second is nobody's line. */
export const MIN_BYTES_PER_STALL = 16 * 1024;
/** Tries after the first: with doubling pauses from 250 ms they outlast a registry's restart. */
export const DEFAULT_RETRIES = 4;
export const DEFAULT_RETRY_DELAY_MS = 250;
/** Longest pause between two tries, in milliseconds; a `Retry-After` above it ends the tries. */
export const MAX_RETRY_DELAY_MS = 30_000;
/** Connections to one origin: the layers that are pulled at once, and one for manifests. */
export const MAX_CONNECTIONS_PER_ORIGIN = 8;
/** Redirects followed for one request: a registry needs one or two (to its storage, to a mirror). */
export const MAX_REDIRECTS = 5;
/** Interim answers (1xx) before the answer: servers send one or two, if any. */
export const MAX_INTERIM_ANSWERS = 16;
/** Largest error body read, in bytes: only its first message is shown. */
export const MAX_ERROR_BYTES = 64 * 1024;
/** Largest answer of a token server, in bytes: the longest tokens seen have about 10 KiB. */
export const MAX_TOKEN_RESPONSE_BYTES = 256 * 1024;
