/** One call of a program to its host, as a trace tells it. */
export interface HostCall {
  /** The function of WASI: `"fd_write"`. */
  readonly name: string;
  /**
   * What the program passed, in order: an `i32` as a number from 0 to 2^32 - 1 (pointers are addresses in
   * its memory), an `i64` as a signed bigint.
   */
  readonly args: readonly (number | bigint)[];
  /**
   * The errno, 0 for success. Undefined for a call that did not return: `proc_exit`, every call after it,
   * and the one in the midst of which the program was ended.
   */
  readonly result: number | bigint | undefined;
}

/** Is told of each call of one process, in order. */
export type HostCallListener = (call: HostCall) => void;
