/**
 * The three standard streams as the kernel sees them. The worker backs them with shared rings; a test
 * may back them with arrays. All calls are synchronous and answer `>= 0` or `-errno`.
 */
export interface InputStream {
  /** Waits until there is a byte or the end; bytes read, 0 at the end. */
  read(dst: Uint8Array, offset: number, length: number): number;
  /** Bytes that a read would give without waiting; at the end of the stream `ended()` is true. */
  available(): number;
  ended(): boolean;
  /** Waits for a byte or the end, at most `timeoutMs` (Infinity: for ever). True if there is something. */
  wait(timeoutMs: number): boolean;
}

export interface OutputStream {
  /** Takes all bytes, waiting for room where it must; the count, or -EPIPE when nobody can read them. */
  write(src: Uint8Array, offset: number, length: number): number;
}

export interface Stdio {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Waits `ms` of real time (the worker parks in Atomics.wait). */
  sleep(ms: number): void;
}
