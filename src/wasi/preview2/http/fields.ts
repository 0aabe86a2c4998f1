/** `wasi:http/types.fields`. */
import type { Host } from "../host.js";
import { lower, lowerMethod } from "../lowering.js";
import { makeDroppable, objectOf, resourceOf, WitError } from "../object-form.js";
import { Resource } from "../resource.js";
import { FieldList, type HeaderProblem } from "./field-list.js";

/** Bytes of one name or value; the whole list takes no more. */
const MAX_TEXT_BYTES = 64 * 1024;
/** Values that one call gives. */
const MAX_VALUES = 512;

const PROBLEMS = ["invalid-syntax", "forbidden", "immutable"] as const;

export class FieldsResource extends Resource {
  readonly list: FieldList;
  readonly mutable: boolean;

  constructor(list: FieldList, mutable: boolean) {
    super();
    this.list = list;
    this.mutable = mutable;
  }
}

export type FieldsClass = ReturnType<typeof fieldsClass>;

const TYPES = [FieldsResource] as const;

export function fieldsClass(host: Host) {
  const listOf = (object: object): FieldList => resourceOf(host, FieldsResource, object).list;

  function change(
    { list, mutable }: FieldsResource,
    act: (list: FieldList) => HeaderProblem | undefined,
  ): HeaderProblem | undefined {
    return mutable ? act(list) : "immutable";
  }

  function changeObject(object: object, act: (list: FieldList) => HeaderProblem | undefined): void {
    host.enter();
    const problem = change(resourceOf(host, FieldsResource, object), act);
    if (problem !== undefined) throw new WitError({ tag: problem });
  }

  class Fields {
    constructor() {
      host.enter();
      return objectOf(host, Fields, new FieldsResource(new FieldList(), true));
    }

    static fromList(entries: [string, Uint8Array][]): Fields {
      host.enter();
      const list = new FieldList();
      for (const [name, value] of entries) {
        const problem = list.append(name, value);
        if (problem !== undefined) throw new WitError({ tag: problem });
      }
      return objectOf(host, Fields, new FieldsResource(list, true));
    }

    get(name: string): Uint8Array[] {
      host.enter();
      return listOf(this).values(name);
    }

    has(name: string): boolean {
      host.enter();
      return listOf(this).values(name).length > 0;
    }

    set(name: string, values: Uint8Array[]): void {
      changeObject(this, (list) => list.set(name, values));
    }

    delete(name: string): void {
      changeObject(this, (list) => list.delete(name));
    }

    append(name: string, value: Uint8Array): void {
      changeObject(this, (list) => list.append(name, value));
    }

    entries(): [string, Uint8Array][] {
      host.enter();
      return listOf(this).entries.map(([name, value]): [string, Uint8Array] => [name, value]);
    }

    clone(): Fields {
      host.enter();
      return objectOf(host, Fields, new FieldsResource(listOf(this).copy(), true));
    }
  }

  lower(host, Fields, TYPES, (lowering) => (): number => {
    host.enter();
    return lowering.give(0, new FieldsResource(new FieldList(), true));
  });

  /** A `result<_, header-error>`: its case at 0, the error's at 1. */
  const putChange = (view: DataView, at: number, problem: HeaderProblem | undefined): void => {
    view.setUint8(at, problem === undefined ? 0 : 1);
    if (problem !== undefined) view.setUint8(at + 1, PROBLEMS.indexOf(problem));
  };

  lowerMethod(
    host,
    Fields.prototype,
    "append",
    TYPES,
    (lowering) =>
      (
        self: number,
        name: number,
        nameLength: number,
        value: number,
        bytes: number,
        out: number,
      ) => {
        host.enter();
        const fields = lowering.resource(FieldsResource, 0, self);
        const text = lowering.text(name, nameLength, MAX_TEXT_BYTES);
        const from = lowering.at(value, bytes >>> 0, 1);
        const at = lowering.at(out, 2, 1);
        const problem = change(fields, (list) =>
          list.append(text, lowering.memory.bytes.slice(from, from + (bytes >>> 0))),
        );
        putChange(lowering.memory.view, at, problem);
      },
  );

  lowerMethod(
    host,
    Fields.prototype,
    "set",
    TYPES,
    (lowering) =>
      (
        self: number,
        name: number,
        nameLength: number,
        values: number,
        count: number,
        out: number,
      ) => {
        host.enter();
        const fields = lowering.resource(FieldsResource, 0, self);
        const text = lowering.text(name, nameLength, MAX_TEXT_BYTES);
        if (count >>> 0 > MAX_VALUES) host.trap(`more than ${MAX_VALUES} values of a field`);
        const list = lowering.at(values, (count >>> 0) * 8, 4);
        const at = lowering.at(out, 2, 1);
        const { bytes, view } = lowering.memory;
        const given: Uint8Array[] = [];
        for (let index = 0; index < count >>> 0; index++) {
          const length = view.getUint32(list + index * 8 + 4, true);
          const from = lowering.at(view.getUint32(list + index * 8, true), length, 1);
          given.push(bytes.slice(from, from + length));
        }
        putChange(
          view,
          at,
          change(fields, (fieldList) => fieldList.set(text, given)),
        );
      },
  );

  lowerMethod(
    host,
    Fields.prototype,
    "entries",
    TYPES,
    (lowering) =>
      (self: number, out: number): void => {
        host.enter();
        const { entries } = lowering.resource(FieldsResource, 0, self).list;
        const at = lowering.at(out, 8, 4);
        const to = lowering.allocate(entries.length * 16, 4);
        for (const [index, [name, value]] of entries.entries()) {
          lowering.putText(to + index * 16, name);
          const address = lowering.allocate(value.length, 1);
          const { bytes, view } = lowering.memory;
          bytes.set(value, address);
          view.setUint32(to + index * 16 + 8, address, true);
          view.setUint32(to + index * 16 + 12, value.length, true);
        }
        const { view } = lowering.memory;
        view.setUint32(at, to, true);
        view.setUint32(at + 4, entries.length, true);
      },
  );

  lowerMethod(
    host,
    Fields.prototype,
    "get",
    TYPES,
    (lowering) =>
      (self: number, name: number, nameLength: number, out: number): void => {
        host.enter();
        const { list } = lowering.resource(FieldsResource, 0, self);
        const values = list.values(lowering.text(name, nameLength, MAX_TEXT_BYTES));
        const at = lowering.at(out, 8, 4);
        const to = lowering.allocate(values.length * 8, 4);
        for (const [index, value] of values.entries()) {
          const address = lowering.allocate(value.length, 1);
          const { bytes, view } = lowering.memory;
          bytes.set(value, address);
          view.setUint32(to + index * 8, address, true);
          view.setUint32(to + index * 8 + 4, value.length, true);
        }
        const { view } = lowering.memory;
        view.setUint32(at, to, true);
        view.setUint32(at + 4, values.length, true);
      },
  );

  makeDroppable(host, Fields, FieldsResource);
  return Fields;
}
