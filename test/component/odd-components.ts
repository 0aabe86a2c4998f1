/** Components that no tool writes, byte by byte (component model, "Binary format"). */

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const TYPES = 7;
const CANONS = 8;
const IMPORTS = 10;

const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const component = (...sections: number[][]): Uint8Array =>
  new Uint8Array([...HEADER, ...sections.flat()]);

/** func() without a result; `0x43` in place of `0x40` makes it asynchronous. */
const functionType = (kind = 0x40): number[] => section(TYPES, 1, kind, 0, 0x01, 0x00);
const importFunction = (name: string): number[] => section(IMPORTS, 1, 0x00, ...text(name), 1, 0);

export const emptyComponent = component();
export const asyncFunction = component(functionType(0x43), importFunction("later"));
/** stream<u8> */
export const streamType = component(section(TYPES, 1, 0x66, 0x01, 0x7d));
/** The built-in function `task.cancel`, in a component of a component. */
export const nestedTaskCancel = component(section(4, ...component(section(CANONS, 1, 0x05))));
/** Imports an interface of nothing, by name. */
export const importingInterface = (name: string): Uint8Array =>
  component(section(TYPES, 1, 0x42, 0), section(IMPORTS, 1, 0x00, ...text(name), 5, 0));
