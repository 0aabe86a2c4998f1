import { type Bell, ringBell } from "./doorbell.js";
import {
  recordWords,
  TRACE_EVENT,
  TRACE_HEAD,
  TRACE_PENDING,
  TRACE_TAIL,
  TRACE_WAITING,
  TRACE_WORDS,
  TRACED_FUNCTIONS,
  type TracedFunction,
  type TraceRing,
} from "./trace-ring.js";

/** Worker side of a trace: notes each call before it is made, and its result after it. */
export class TraceWriter {
  readonly #ring: TraceRing;
  readonly #bell: Bell;
  #head = 0;

  constructor(ring: TraceRing, bell: Bell) {
    this.#ring = ring;
    this.#bell = bell;
  }

  /** The same functions, traced. */
  wrap(imports: WebAssembly.Imports): WebAssembly.Imports {
    const modules = Object.entries(imports).map(([module, functions]) => {
      const wrapped: WebAssembly.ModuleImports = { ...functions };
      for (const [number, type] of TRACED_FUNCTIONS.entries()) {
        const inner = functions[type.name];
        if (typeof inner !== "function") continue;
        const host = inner as WebAssembly.ImportFunction;
        wrapped[type.name] = this.#traced(number, type, host);
      }
      return [module, wrapped] as const;
    });
    return Object.fromEntries(modules);
  }

  #traced(
    number: number,
    type: TracedFunction,
    inner: WebAssembly.ImportFunction,
  ): WebAssembly.ImportFunction {
    const words = recordWords(type);
    return (...args: (number | bigint)[]): unknown => {
      this.#begin(number, words, args);
      let result: unknown;
      try {
        result = Reflect.apply(inner, undefined, args);
      } finally {
        this.#end(words, result);
      }
      return result;
    };
  }

  #begin(number: number, words: number, args: readonly (number | bigint)[]): void {
    const ring = this.#ring;
    this.#waitForRoom(words);
    let at = this.#head;
    ring.put(at++, number);
    ring.put(at++, 0);
    ring.put(at++, 0);
    for (const arg of args) {
      if (typeof arg === "number") {
        ring.put(at++, arg);
      } else {
        ring.put(at++, Number(BigInt.asIntN(32, arg)));
        ring.put(at++, Number(BigInt.asIntN(32, arg >> 32n)));
      }
    }
    Atomics.store(ring.control, TRACE_PENDING, this.#head | 0);
  }

  #end(words: number, result: unknown): void {
    const ring = this.#ring;
    if (typeof result === "number") {
      ring.put(this.#head + 1, 1);
      ring.put(this.#head + 2, result);
    }
    this.#head = (this.#head + words) >>> 0;
    Atomics.store(ring.control, TRACE_HEAD, this.#head | 0);
    ringBell(this.#bell);
  }

  /** The app that lags behind slows the program down; nothing is dropped, and nothing piles up. */
  #waitForRoom(words: number): void {
    const { control } = this.#ring;
    for (;;) {
      const event = Atomics.load(control, TRACE_EVENT);
      const used = (this.#head - Atomics.load(control, TRACE_TAIL)) >>> 0;
      if (used + words <= TRACE_WORDS) return;
      Atomics.store(control, TRACE_WAITING, 1);
      const tail = Atomics.load(control, TRACE_TAIL);
      if (((this.#head - tail) >>> 0) + words > TRACE_WORDS) {
        ringBell(this.#bell);
        Atomics.wait(control, TRACE_EVENT, event);
      }
      Atomics.store(control, TRACE_WAITING, 0);
    }
  }
}
