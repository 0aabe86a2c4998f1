/**
 * The object form of the interfaces: classes and functions as jco's generated code calls them where there
 * is no direct form, and as tests and other interfaces here do. An object of a class is no more than the
 * number of a resource.
 */
import type { Host } from "./host.js";
import type { Resource, ResourceType } from "./resource.js";

/** Where jco looks for a resource's number. */
const REP = Symbol.for("cabiRep");
/** What jco calls with the number of a resource that a guest has dropped. */
const DISPOSE = Symbol.for("cabiDispose");

/** Thrown for the error case of a `result`: jco takes `payload` for its value. */
export class WitError<T = unknown> extends Error {
  readonly payload: T;

  constructor(payload: T) {
    super(typeof payload === "string" ? payload : "error");
    this.name = "WitError";
    this.payload = payload;
  }
}

/** A class of jco's interfaces, whose objects nobody but the host makes. */
export interface ObjectClass<T extends object> {
  readonly prototype: T;
}

/** An object for a resource, which is given a number if it has none. */
export function objectOf<T extends object>(
  host: Host,
  form: ObjectClass<T>,
  resource: Resource,
  parent?: Resource,
): T {
  const rep = resource.rep === 0 ? host.resources.add(resource, parent) : resource.rep;
  const object = Object.create(form.prototype) as T;
  Object.defineProperty(object, REP, { value: rep });
  return object;
}

/** The resource that an object stands for. Traps if it is gone, or of another type. */
export function resourceOf<T extends Resource>(
  host: Host,
  type: ResourceType<T>,
  object: object,
): T {
  const rep: unknown = Reflect.get(object, REP);
  const resource = typeof rep === "number" ? host.resources.get(rep) : undefined;
  return resource instanceof type ? resource : host.trap("unknown handle");
}

/** Lets guests drop objects of the class, whichever form they have. */
export function makeDroppable<T extends object>(
  host: Host,
  form: ObjectClass<T>,
  type: ResourceType,
): void {
  const drop = (rep: number): void => {
    const { resources } = host.enter();
    if (!(resources.get(rep) instanceof type)) host.trap("unknown handle");
    resources.drop(rep);
  };
  Object.defineProperty(form, DISPOSE, { value: drop });
  Object.defineProperty(form.prototype, Symbol.dispose, {
    value(this: object) {
      const rep: unknown = Reflect.get(this, REP);
      drop(typeof rep === "number" ? rep : 0);
    },
  });
}
