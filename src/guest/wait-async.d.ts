/** Part of ES2024 that Node has since version 16; TypeScript declares it in a library of a later target. */
interface Atomics {
  /** Waits, without blocking, until `index` is notified; `async` false: the value differed already. */
  waitAsync(
    typedArray: Int32Array<SharedArrayBuffer>,
    index: number,
    value: number,
  ): { readonly async: false } | { readonly async: true; readonly value: Promise<string> };
}
