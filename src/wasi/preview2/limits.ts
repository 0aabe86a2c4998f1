/** How much one process may have or ask for at once. */

/** Resources of all kinds; a program that keeps so many streams or pollables has lost them. */
export const MAX_RESOURCES = 65_536;

/** Bytes of one read; a stream may always give less than it was asked for. */
export const MAX_READ_BYTES = 2 ** 20;

/** Bytes of one write to a file's stream, and of the answers of `random`. */
export const MAX_WRITE_BYTES = 2 ** 20;

/** Bytes of one write to a standard stream: what its ring holds. */
export const STDIO_WRITE_BYTES = 65_536;

/** WASI's own limit of the calls that write and flush at once. */
export const BLOCKING_WRITE_BYTES = 4096;

/** Pollables in one `poll`: bounds the work of a call. */
export const MAX_POLLABLES = 4096;

/** Bytes of random in one call, as much as a guest of the usual size can hold. */
export const MAX_RANDOM_BYTES = 2 ** 26;
