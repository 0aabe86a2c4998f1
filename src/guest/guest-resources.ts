import { RESOURCE_KEY } from "./call-message.js";

/** Resources that an app may hold of one instance: each keeps memory of the guest and of its worker. */
const MAX_HELD = 10_000;

/** What jco gives for a resource: an object of the resource's class. */
interface Resource {
  [Symbol.dispose]?: () => void;
}

/** The resources of one instance that the app has handles of. */
export class GuestResources {
  readonly #held = new Map<number, Resource>();
  #last = 0;

  get(number: number): Resource {
    const resource = this.#held.get(number);
    if (resource === undefined) throw new WebAssembly.RuntimeError(`no resource ${number} is held`);
    return resource;
  }

  drop(number: number): void {
    const resource = this.#held.get(number);
    this.#held.delete(number);
    resource?.[Symbol.dispose]?.();
  }

  /** An argument, with resources in place of what stands for them. */
  enter(value: unknown): unknown {
    if (!isCompound(value)) return value;
    if (Array.isArray(value)) return value.map((item) => this.enter(item));
    const number = value[RESOURCE_KEY];
    if (typeof number !== "number") return mapped(value, (item) => this.enter(item));
    const resource = this.get(Math.abs(number));
    if (number < 0) this.#held.delete(-number);
    return resource;
  }

  /** A result, with what stands for resources in their place. */
  leave(value: unknown): unknown {
    if (!isCompound(value)) return value;
    if (Array.isArray(value)) return value.map((item) => this.leave(item));
    if (Object.getPrototypeOf(value) === Object.prototype) {
      return mapped(value, (item) => this.leave(item));
    }
    if (this.#held.size === MAX_HELD) {
      throw new WebAssembly.RuntimeError(`the app holds ${MAX_HELD} resources, as many as it may`);
    }
    const number = ++this.#last;
    this.#held.set(number, value);
    return { [RESOURCE_KEY]: number };
  }
}

function isCompound(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

function mapped(
  value: Record<string, unknown>,
  change: (item: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item)]));
}
