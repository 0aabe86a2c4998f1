/**
 * What a guest's handles lead to. jco keeps a table of handles for each type of resource and component
 * instance; each handle leads to a number here, its `rep`, which is one of its own in the whole process.
 */
import { MAX_RESOURCES } from "./limits.js";

/** A thing that a guest holds: a descriptor, a stream, a pollable. */
export abstract class Resource {
  /** Its number in the process's table; 0: it is in none. */
  rep = 0;
  /** What it must not outlive. */
  parent: Resource | undefined;
  /** How many there are whose `parent` it is. */
  children = 0;

  /** Lets go of what it holds; called once, when a guest drops it or the process ends. */
  release(): void {}
}

/** The type of a kind of resources: its class, which may be abstract. */
export type ResourceType<T extends Resource = Resource> = abstract new (...args: never[]) => T;

/**
 * Ends the guest for what it must not do: where the WIT says "traps", or the canonical ABI does. It throws
 * an error of WebAssembly's own class, for that is what a fault of the guest's code is.
 */
export type Trap = (reason: string) => never;

/** All resources of one process. */
export class ResourceTable {
  readonly #trap: Trap;
  /** Place 0 is never used: a rep is not 0. */
  readonly #slots: (Resource | undefined)[] = [undefined];
  readonly #free: number[] = [];

  constructor(trap: Trap) {
    this.#trap = trap;
  }

  /** Gives the resource a number. Traps if there are too many. */
  add(resource: Resource, parent?: Resource): number {
    const rep = this.#free.pop() ?? this.#slots.length;
    if (rep > MAX_RESOURCES) {
      resource.release();
      this.#trap(`more than ${MAX_RESOURCES} resources at once`);
    }
    this.#slots[rep] = resource;
    resource.rep = rep;
    if (parent !== undefined) {
      resource.parent = parent;
      parent.children++;
    }
    return rep;
  }

  get(rep: number): Resource | undefined {
    return this.#slots[rep];
  }

  /** Takes it out and lets go of it. Traps if others are left that must not outlive it. */
  drop(rep: number): void {
    const resource = this.#slots[rep];
    if (resource === undefined) return this.#trap("a resource is dropped twice");
    if (resource.children > 0) this.#trap("a resource is dropped before what was made from it");
    this.#slots[rep] = undefined;
    this.#free.push(rep);
    resource.rep = 0;
    if (resource.parent !== undefined) resource.parent.children--;
    resource.release();
  }

  /** Lets go of all. */
  clear(): void {
    for (const resource of this.#slots) {
      if (resource === undefined) continue;
      resource.rep = 0;
      resource.release();
    }
    this.#slots.length = 1;
    this.#free.length = 0;
  }
}
