/** What a call of a component's function threw. */
export type Thrown =
  /** The error case of the function's result. */
  | { readonly kind: "result"; readonly payload: unknown }
  /** A trap, an exit, a fault of ours. */
  | { readonly kind: "ended"; readonly error: unknown };

const { Exception } = WebAssembly as unknown as { readonly Exception?: new () => object };

function isException(error: unknown): boolean {
  return Exception !== undefined && error instanceof Exception;
}

/**
 * Tells a function's error result from all else. Generated code throws the result's value as it is, or as the
 * `payload` of an error of its own; guests can throw nothing but `WebAssembly.Exception`s by themselves.
 */
export function readThrown(error: unknown): Thrown {
  if (isException(error)) return { kind: "ended", error };
  if (!(error instanceof Error)) return { kind: "result", payload: error };
  if (error.constructor.name === "ComponentError" && Object.hasOwn(error, "payload")) {
    return { kind: "result", payload: (error as { payload?: unknown }).payload };
  }
  return { kind: "ended", error };
}
