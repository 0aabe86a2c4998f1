import { ComponentResource, type HeldResource } from "./component-resource.js";

/** Where a resource lies. */
export interface HandlePlace {
  /** The calls of its container. */
  readonly calls: object;
  readonly instance: object;
  /** In its instance's process. */
  readonly number: number;
  /** Its type's index in the world. */
  readonly resource: number;
  readonly type: string;
}

/** Handles that the app has forgotten: their resources are dropped. */
const forgotten = new FinalizationRegistry<GuestHandle>((handle) => void handle.drop());

/** The app's side of one resource of a component's instance. */
export class GuestHandle implements HeldResource {
  readonly calls: object;
  readonly instance: object;
  readonly number: number;
  readonly resource: number;
  readonly type: string;
  readonly #drop: (number: number) => Promise<void>;
  #gone = false;
  #call: HeldResource["call"] = () => Promise.resolve(undefined);
  /** While a call is made ready that gives it away. */
  isGiven = false;

  constructor(place: HandlePlace, drop: (number: number) => Promise<void>) {
    this.calls = place.calls;
    this.instance = place.instance;
    this.number = place.number;
    this.resource = place.resource;
    this.type = place.type;
    this.#drop = drop;
  }

  /** It was dropped or given away. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** What the app has of it; `call` is given that for itself. */
  expose(
    call: (method: string, args: readonly unknown[], self: ComponentResource) => Promise<unknown>,
  ): ComponentResource {
    const resource = new ComponentResource(this);
    const weak = new WeakRef(resource);
    this.#call = async (method, args) => {
      const self = weak.deref();
      return self === undefined ? undefined : await call(method, args, self);
    };
    forgotten.register(resource, this, this);
    return resource;
  }

  call(method: string, args: readonly unknown[]): Promise<unknown> {
    return this.#call(method, args);
  }

  /** Given away: there is nothing to drop. */
  forget(): void {
    this.#gone = true;
    forgotten.unregister(this);
  }

  async drop(): Promise<void> {
    if (this.#gone) return;
    this.forget();
    await this.#drop(this.number);
  }
}
