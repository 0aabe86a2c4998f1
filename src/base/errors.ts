import { ERROR_HINTS } from "./error-hints.js";

/**
 * One root class and a stable `code` for every error that Safedock throws.
 *
 * A code never changes its meaning; messages may. `docs/errors.md` lists all codes with their cause
 * and remedy, and a test proves that each is thrown.
 */
export interface ErrorDataByCode {
  /** The text is no image reference. */
  ERR_REFERENCE_INVALID: { readonly reference: string };
  /** The text is no digest, or names an algorithm we do not verify. */
  ERR_DIGEST_INVALID: { readonly digest: string };
  /** Not a manifest or index as the OCI or Docker specification has it. */
  ERR_MANIFEST_INVALID: { readonly problem: string };
  /** A manifest that is well formed but of a kind we do not run (schema 1, encrypted, foreign layers). */
  ERR_MANIFEST_UNSUPPORTED: { readonly mediaType: string };
  /** The image config is not JSON of the expected shape. */
  ERR_CONFIG_INVALID: { readonly problem: string };
  /** The index has no manifest for the wanted platform. */
  ERR_PLATFORM_NOT_FOUND: { readonly wanted: string; readonly available: readonly string[] };

  ERR_REGISTRY_UNAUTHORIZED: RegistryErrorData;
  ERR_REGISTRY_FORBIDDEN: RegistryErrorData;
  ERR_REGISTRY_NOT_FOUND: RegistryErrorData;
  ERR_REGISTRY_RATE_LIMITED: RegistryErrorData & { readonly retryAfterMs?: number };
  /** The registry answered 5xx, also after retries. */
  ERR_REGISTRY_SERVER: RegistryErrorData;
  /** An answer that breaks the distribution specification or exceeds a cap. */
  ERR_REGISTRY_RESPONSE: RegistryErrorData;
  /** A file of logins or a credential helper cannot be used; `source` is its path or program. */
  ERR_CREDENTIALS_INVALID: { readonly source: string; readonly problem: string };
  /** No answer: name lookup, connection, TLS or time-out. */
  ERR_REGISTRY_UNREACHABLE: { readonly registry: string };

  ERR_DIGEST_MISMATCH: { readonly expected: string; readonly actual: string };
  ERR_SIZE_MISMATCH: {
    readonly digest: string;
    readonly expected: number;
    readonly actual: number;
  };
  ERR_BLOB_TOO_LARGE: { readonly digest: string; readonly size: number; readonly limit: number };
  ERR_BLOB_NOT_FOUND: { readonly digest: string };
  /** The store on disk has another format or is damaged. */
  ERR_STORE_INVALID: { readonly path: string };

  /** The bytes do not decompress as the media type says. */
  ERR_LAYER_COMPRESSION: { readonly digest: string; readonly mediaType: string };
  /** The decompressed bytes are not a tar archive that we accept. */
  ERR_LAYER_INVALID: { readonly digest: string; readonly problem: string };
  ERR_LAYER_TOO_LARGE: { readonly digest: string; readonly limit: number };
  /** The decompressed layer has another digest than the config's `rootfs.diff_ids` says. */
  ERR_DIFFID_MISMATCH: { readonly expected: string; readonly actual: string };

  /** No signature of the image was found where `verify` or the policy wants some. */
  ERR_SIGNATURE_MISSING: { readonly reference: string; readonly digest: string };
  /** The image's signatures are not those that `verify` or the policy wants; says why of each. */
  ERR_SIGNATURE_INVALID: {
    readonly reference: string;
    readonly digest: string;
    readonly signers: number;
    readonly threshold: number;
    readonly problems: readonly string[];
  };
  /** The engine's policy refuses images from there; `rule` is its `match`, `default` or `local`. */
  ERR_POLICY_REFUSED: { readonly reference: string; readonly rule: string };
  /** The lock has no digest for this reference. */
  ERR_LOCK_MISSING: { readonly reference: string };
  /** The lock file cannot be used. */
  ERR_LOCK_INVALID: { readonly path: string; readonly problem: string };

  ERR_IMAGE_NO_WASM: { readonly reference: string };
  /** Containers of the engine use the image: their ids, none if it is a run. */
  ERR_IMAGE_IN_USE: { readonly reference: string; readonly containers: readonly string[] };
  ERR_IMAGE_NOT_FOUND: { readonly reference: string };
  ERR_SOURCE_UNSUPPORTED: { readonly source: string };
  /** An archive of images that is damaged, breaks its format, or passes a cap. */
  ERR_ARCHIVE_INVALID: { readonly source: string; readonly problem: string };
  ERR_ENTRYPOINT_MISSING: { readonly entrypoint: string };

  ERR_MODULE_INVALID: { readonly module: string; readonly problem: string };
  ERR_MODULE_TOO_LARGE: { readonly module: string; readonly size: number; readonly limit: number };
  /** Reading and compiling the module took longer than `limits.compileMs`. */
  ERR_MODULE_COMPILE_TIMEOUT: { readonly module: string; readonly limit: number };
  ERR_IMPORT_UNKNOWN: { readonly module: string; readonly imports: readonly string[] };
  ERR_COMPONENT_INVALID: { readonly module: string; readonly problem: string };
  /**
   * A name in the component that must not get into generated code: as JSON shows it, and what has it
   * (`core export of component 0, core module 3`).
   */
  ERR_COMPONENT_NAME_UNSAFE: {
    readonly module: string;
    readonly name: string;
    readonly where: string;
  };
  /** A component with parts that are not run, or without the transpiler; `problem` says which. */
  ERR_COMPONENT_UNSUPPORTED: { readonly module: string; readonly problem?: string };
  /** There is no such function to call, or not with such arguments. */
  ERR_CALL_INVALID: { readonly function: string; readonly problem: string };
  /** The function's result was an error; `payload` is its value. */
  ERR_CALL_FAILED: { readonly function: string; readonly payload: unknown };
  /** The instance has ended before the function returned; `status` is its exit status. */
  ERR_CALL_TRAPPED: { readonly function: string; readonly status: EarlyEndData };
  ERR_QUEUE_FULL: { readonly limit: number };
  /** So many containers of the engine are not removed. */
  ERR_TOO_MANY_CONTAINERS: { readonly limit: number };
  /** The worker that ran the guest failed; a fault of ours or of the machine, never a guest's exit. */
  ERR_WORKER_FAILED: { readonly problem: string };

  /** A request that no guest is given; `status` is what a server answers. */
  ERR_HTTP_REQUEST_INVALID: { readonly problem: string; readonly status: number };
  /** What a guest answered is no HTTP answer. */
  ERR_HTTP_RESPONSE_INVALID: { readonly problem: string };
  /** A guest trapped, was killed or met a limit before its answer was complete; as in `ExitStatus`. */
  ERR_HTTP_TRAPPED: EarlyEndData;
  /** `limits.timeoutMs` passed before the answer was complete. */
  ERR_HTTP_TIMEOUT: EarlyEndData;

  ERR_OPTIONS_INVALID: { readonly problems: readonly string[] };
  ERR_MOUNT_UNAVAILABLE: { readonly source: string; readonly target: string };
  ERR_CONTAINER_STATE: { readonly id: string; readonly state: string; readonly verb: string };
  ERR_CONTAINER_FILE: { readonly path: string; readonly errno: string };
  ERR_ENGINE_CLOSED: { readonly root: string };
}

/** How a guest ended. */
export interface EarlyEndData {
  readonly code: number;
  readonly reason: string;
  readonly detail?: string;
}

/** What a registry was asked and how it answered. */
export interface RegistryErrorData {
  readonly registry: string;
  readonly url: string;
  readonly status: number;
}

/** The stable code of an error; all of them are in docs/errors.md. */
export type ErrorCode = keyof ErrorDataByCode;

/** Each code has one. */
const HINTS: Readonly<Record<ErrorCode, string>> = ERROR_HINTS;

/** What an error carries beside its message. */
export interface SafedockErrorOptions<C extends ErrorCode> {
  readonly data: ErrorDataByCode[C];
  /** Names the option to change or the next step to take. Default: what fits all errors of the code. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * The root of every error that Safedock throws.
 *
 * @example
 * ```ts
 * try {
 *   await engine.pullImage("registry.example/none:1");
 * } catch (error) {
 *   if (isSafedockError(error, "ERR_REGISTRY_NOT_FOUND")) console.error(error.data.url);
 *   else throw error;
 * }
 * ```
 */
export class SafedockError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "SafedockError";
  readonly code: C;
  readonly data: ErrorDataByCode[C];
  /** The option to change or the next step to take. The message ends with it, in brackets. */
  readonly hint: string;

  constructor(code: C, message: string, options: SafedockErrorOptions<C>) {
    const { hint = HINTS[code] } = options;
    super(
      `${message} (${hint})`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.data = options.data;
    this.hint = hint;
  }
}

/** Tells whether `error` is a {@link SafedockError}, of the given code when one is named. */
export function isSafedockError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: C,
): error is SafedockError<C> {
  return error instanceof SafedockError && (code === undefined || error.code === code);
}
