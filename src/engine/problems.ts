import { isSafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { throwProblems, unknownOptions } from "../base/option-problems.js";
import { parsePlatform } from "../oci/platform.js";

/** Problems that one error lists: a hundred mistakes are understood, a million are an attack on a log. */
const MAX_PROBLEMS = 100;

/** Collects all that is wrong with a set of options, to be thrown as one error. */
export class Problems {
  readonly #found: string[] = [];
  #more = 0;
  #cause: unknown;

  add(problem: string): void {
    if (this.#found.length < MAX_PROBLEMS) this.#found.push(problem);
    else this.#more++;
  }

  /** What a getter or a proxy among the options threw; the first of them is the error's cause. */
  unreadable(at: string, error: unknown): void {
    this.#cause ??= error;
    this.add(`${at}: cannot be read`);
  }

  /** Complains about what is no object, and about keys that are not in `known`. */
  keys(at: string, value: unknown, known: readonly string[]): void {
    for (const problem of unknownOptions(at, value, known)) this.add(problem);
  }

  platform(at: string, value: unknown): void {
    if (value === undefined) return;
    try {
      if (typeof value === "string") {
        parsePlatform(value);
        return;
      }
    } catch (error) {
      if (!isSafedockError(error, "ERR_OPTIONS_INVALID")) throw error;
    }
    this.add(`${at}: must be os/architecture, such as wasi/wasm, not ${show(value)}`);
  }

  boolean(at: string, value: unknown): void {
    if (value === undefined || typeof value === "boolean") return;
    this.add(`${at}: must be true or false, not ${show(value)}`);
  }

  function(at: string, value: unknown): void {
    if (value === undefined || typeof value === "function") return;
    this.add(`${at}: must be a function, not ${show(value)}`);
  }

  signal(at: string, value: unknown): void {
    if (value === undefined || value instanceof AbortSignal || isForeignSignal(value)) return;
    this.add(`${at}: must be an AbortSignal, not ${show(value)}`);
  }

  /** The value if it is an integer in `[min, max]`, else the fallback and a problem. */
  integer<T>(at: string, value: unknown, min: number, max: number, fallback: T): number | T {
    if (value === undefined) return fallback;
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max)
      return value;
    this.add(`${at}: must be an integer from ${min} to ${max}, not ${show(value)}`);
    return fallback;
  }

  get count(): number {
    return this.#found.length;
  }

  /** All of them in one line. */
  text(): string {
    return this.#all().join("; ");
  }

  throwIfAny(subject: string): void {
    throwProblems(subject, this.#all(), this.#cause);
  }

  #all(): readonly string[] {
    return this.#more === 0 ? this.#found : [...this.#found, `and ${this.#more} more`];
  }
}

/** 60 characters of a value are enough to recognise it in a message. */
const SHOWN_CHARACTERS = 60;

export function show(value: unknown): string {
  return printable(textOf(value), SHOWN_CHARACTERS);
}

/** An object's own `toString` is not asked: it may throw, or be no function at all. */
function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return isArray(value) ? "an array" : "an object";
}

/** Of another realm. */
function isForeignSignal(value: unknown): boolean {
  try {
    if (!isRecord(value)) return false;
    const { aborted, throwIfAborted, addEventListener } = value;
    return (
      typeof aborted === "boolean" &&
      typeof throwIfAborted === "function" &&
      typeof addEventListener === "function"
    );
  } catch {
    return false;
  }
}

/** `Array.isArray` throws for a proxy that was revoked. */
function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !isArray(value);
}
