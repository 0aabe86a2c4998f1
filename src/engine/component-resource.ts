/** What a {@link ComponentResource} stands for; kept by the container that it is of. */
export interface HeldResource {
  /** As the component exports it: `acme:db/store@1.2.0#bucket`. */
  readonly type: string;
  call(method: string, args: readonly unknown[]): Promise<unknown>;
  drop(): Promise<void>;
}

const held = new WeakMap<ComponentResource, HeldResource>();

/**
 * A resource of a component, held by the app: what `container.call` gives for one, and takes. It lives as long
 * as the container's instance. Dispose of it when it is not needed any more; one that is forgotten is let go of
 * some time later.
 *
 * @example
 * ```ts
 * await using container = await engine.createContainer(await engine.loadImage("./kinds.wasm"), { imports });
 * const open = "acme:kinds/store#[constructor]bucket";
 * await using bucket = (await container.call(open, "fruit")) as ComponentResource;
 * await bucket.call("set", "apple", "red");
 * ```
 */
export class ComponentResource implements AsyncDisposable {
  /** As the component exports it: `acme:db/store@1.2.0#bucket`. */
  readonly type: string;

  /** @internal */
  constructor(resource: HeldResource) {
    this.type = resource.type;
    held.set(this, resource);
  }

  /**
   * Calls one of its methods.
   *
   * @param method - as the component has it, or as JavaScript does: `set-all`, `setAll`
   * @throws SafedockError as `container.call`; `ERR_CALL_INVALID` also once it was disposed of or given away, or
   * its instance has ended
   */
  async call(method: string, ...args: unknown[]): Promise<unknown> {
    return await held.get(this)?.call(method, args);
  }

  /** Lets go of it. Doing so twice is fine, and once its instance has ended nothing is left to do. */
  async [Symbol.asyncDispose](): Promise<void> {
    await held.get(this)?.drop();
  }
}

/** @internal What a value stands for, if it is a resource. */
export function heldBy(value: unknown): HeldResource | undefined {
  return typeof value === "object" && value !== null
    ? held.get(value as ComponentResource)
    : undefined;
}
