/**
 * The direct form of a function: what jco calls with the flat values of the canonical ABI, past its own
 * lifting and lowering. jco asks for it once for each import of each component instance, by the property
 * `Symbol.for("cabiLower")` of the function.
 *
 * Nothing here is to be trusted: addresses, lengths and handles are the guest's, and so is what its
 * allocator answers. What is wrong with them traps, as the canonical ABI has it.
 */
import { EFAULT, EILSEQ, type Errno } from "../../fs/errno.js";
import type { GuestMemory } from "../guest-memory.js";
import { readPath } from "../guest-string.js";
import {
  giveHandle,
  type HandleTable,
  removeHandle,
  repOf,
  setType,
  typeOf,
} from "./handle-table.js";
import type { Host } from "./host.js";
import type { Resource, ResourceType } from "./resource.js";
import { decodePath, type TextEncoding, textEncoding, UTF8 } from "./text-encoding.js";

const LOWER = Symbol.for("cabiLower");

/** What jco gives with it; `memory` and `realloc` only where the function needs them. */
export interface LowerOptions {
  readonly memory?: WebAssembly.Memory;
  readonly realloc?: (old: number, oldBytes: number, align: number, bytes: number) => number;
  readonly resourceTables?: readonly HandleTable[];
  readonly stringEncoding?: string;
}

/** A direct form: numbers and bigints in, at most one of them out. */
export type DirectFunction = (...flat: never[]) => number | bigint | void;

/**
 * Gives `form` its direct form. `types` are the types of resources that the function's type names, in the
 * order of their declaration: the interfaces that another one uses come before it.
 */
export function lower(
  host: Host,
  form: object,
  types: readonly ResourceType[],
  make: (lowering: Lowering) => DirectFunction,
): void {
  Object.defineProperty(form, LOWER, {
    value: (options: LowerOptions) => make(new Lowering(host, options, types)),
  });
}

/** As `lower`, for the method of a class. */
export function lowerMethod<T extends object>(
  host: Host,
  prototype: T,
  name: keyof T,
  types: readonly ResourceType[],
  make: (lowering: Lowering) => DirectFunction,
): void {
  const method: unknown = Reflect.get(prototype, name);
  if (typeof method === "function") lower(host, method, types, make);
}

/** One import of one component instance. */
export class Lowering {
  readonly memory: GuestMemory;
  readonly #host: Host;
  readonly #options: LowerOptions;
  readonly #encoding: TextEncoding;
  readonly #types: readonly ResourceType[];
  #tables: readonly HandleTable[] | undefined;

  constructor(host: Host, options: LowerOptions, types: readonly ResourceType[]) {
    this.#host = host;
    this.#options = options;
    this.#types = types;
    this.memory = options.memory === undefined ? host.noMemory : host.memory(options.memory);
    this.#encoding = textEncoding(options.stringEncoding);
    const [only] = options.resourceTables ?? [];
    const [type] = types;
    // What holds the only type there is, is known: other functions may have it among others.
    if (types.length === 1 && only !== undefined && type !== undefined) setType(only, type);
  }

  /** The resource that a handle of the guest leads to. */
  resource<T extends Resource>(type: ResourceType<T>, index: number, handle: number): T {
    const table = (this.#tables ??= this.#sortTables())[index];
    if (table !== undefined) {
      const resource = this.#host.resources.get(repOf(table, handle));
      if (resource instanceof type) return resource;
    }
    return this.#search(type, index, handle);
  }

  /** The resource of a handle that the guest gives away: it is the host's from here on, to drop or to keep. */
  consume<T extends Resource>(type: ResourceType<T>, index: number, handle: number): T {
    const resource = this.resource(type, index, handle);
    const table = this.#tables?.[index];
    if (table === undefined || removeHandle(table, handle) === 0)
      this.#host.trap("a borrowed handle is given away");
    return resource;
  }

  /** A new handle for the guest; the resource is new as well. */
  give(index: number, resource: Resource, parent?: Resource): number {
    const table = (this.#tables ??= this.#sortTables())[index];
    if (table === undefined) {
      resource.release();
      return this.#host.trap("a handle of an unknown type");
    }
    return giveHandle(table, this.#host.resources.add(resource, parent));
  }

  /** The checked address of a result or list of the guest's. */
  at(address: number, bytes: number, align: number): number {
    const at = address >>> 0;
    if (at % align !== 0) this.#host.trap("an address is not aligned");
    if (!this.memory.holds(at, bytes)) this.#host.trap("an address is out of the memory's bounds");
    return at;
  }

  /** Memory of the guest's own, from its allocator. Views of the memory may be new after it. */
  allocate(bytes: number, align: number): number {
    const { realloc } = this.#options;
    if (realloc === undefined) return this.#host.trap("no allocator");
    return this.at(
      this.#host.callBack(() => realloc(0, 0, align, bytes)),
      bytes,
      align,
    );
  }

  /** A path: -ENAMETOOLONG, or -EINVAL with a NUL. What is no text traps. */
  path(address: number, length: number): string | Errno {
    const encoding = this.#encoding;
    const words = length >>> 0;
    let path: string | Errno;
    if (encoding === UTF8) {
      path = readPath(this.memory, address >>> 0, words);
      if (path === -EFAULT) this.#host.trap("a text is out of the memory's bounds");
    } else {
      const at = this.at(address, encoding.bytesOf(words), encoding.align);
      path = decodePath(encoding, this.memory, at, words);
    }
    if (path === -EILSEQ) this.#host.trap("a text is not in its encoding");
    return path;
  }

  /** A text of at most `maxBytes`; longer ones trap, as do those that are none. */
  text(address: number, length: number, maxBytes: number): string {
    const encoding = this.#encoding;
    const words = length >>> 0;
    const bytes = encoding.bytesOf(words);
    if (bytes > maxBytes) this.#host.trap(`a text of more than ${maxBytes} bytes`);
    const text = encoding.decode(this.memory, this.at(address, bytes, encoding.align), words);
    return text ?? this.#host.trap("a text is not in its encoding");
  }

  /** Allocates a string and writes its address and length to `at`, which was checked. */
  putText(at: number, text: string): void {
    const encoding = this.#encoding;
    const encoded = encoding.encode(text);
    const address = this.allocate(encoded.length, encoding.align);
    this.memory.bytes.set(encoded, address);
    this.memory.view.setUint32(at, address, true);
    this.memory.view.setUint32(at + 4, encoding.lengthOf(encoded.length), true);
  }

  /**
   * jco orders the tables by where the component declares their types. Components built by the usual tools
   * declare them in the order of `types`; tables whose type is known from elsewhere are taken for it.
   */
  #sortTables(): readonly HandleTable[] {
    const given = this.#options.resourceTables ?? [];
    const left = given.filter((table) => {
      const type = typeOf(table);
      return type === undefined || !this.#types.includes(type);
    });
    const sorted: HandleTable[] = [];
    for (const type of this.#types) {
      const table = given.find((each) => typeOf(each) === type) ?? left.shift();
      if (table !== undefined) sorted.push(table);
    }
    return sorted;
  }

  /** A component may declare its types in any order: the handle itself says which table is meant. */
  #search<T extends Resource>(type: ResourceType<T>, index: number, handle: number): T {
    const tables = this.#tables ?? [];
    for (const [other, table] of tables.entries()) {
      const resource = this.#host.resources.get(repOf(table, handle));
      if (other === index || !(resource instanceof type)) continue;
      const sorted = [...tables];
      const wrong = tables[index];
      sorted[index] = table;
      if (wrong !== undefined) sorted[other] = wrong;
      this.#tables = sorted;
      setType(table, type);
      return resource;
    }
    return this.#host.trap(`unknown handle ${handle >>> 0}`);
  }
}
