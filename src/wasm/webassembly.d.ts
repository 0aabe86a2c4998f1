/**
 * The part of the WebAssembly JavaScript interface that we use. Node has it as a global, `@types/node`
 * does not declare it, and the DOM library would bring a thousand globals that Node lacks.
 */
declare namespace WebAssembly {
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    /** With 64-bit addresses; Node 24 and later. */
    constructor(descriptor: {
      initial: bigint;
      maximum?: bigint;
      shared?: boolean;
      address: "i64";
    });
    readonly buffer: ArrayBuffer;
    /** Grows by `delta` pages of 64 KiB and detaches the old buffer; the previous size in pages. */
    grow(delta: number): number;
  }
  class Table {
    constructor(descriptor: {
      element: "anyfunc" | "externref";
      initial: number;
      maximum?: number;
    });
    readonly length: number;
  }
  class Global {
    constructor(descriptor: { value: string; mutable?: boolean }, value?: unknown);
    value: unknown;
  }
  interface ModuleExportDescriptor {
    readonly name: string;
    readonly kind: "function" | "table" | "memory" | "global" | "tag";
  }
  interface ModuleImportDescriptor extends ModuleExportDescriptor {
    readonly module: string;
  }
  class Module {
    constructor(bytes: Uint8Array);
    /** Nominal: a compiled module is nothing but itself. */
    private readonly compiled: true;
    static imports(module: Module): ModuleImportDescriptor[];
    static exports(module: Module): ModuleExportDescriptor[];
  }
  // oxlint-disable-next-line typescript/no-explicit-any -- a guest's function takes and gives any numbers
  type ImportFunction = (...args: any[]) => unknown;
  type ImportValue = ImportFunction | Memory | Table | Global | number | bigint;
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;
  type ExportFunction = (...args: unknown[]) => unknown;
  type ExportValue = ExportFunction | Memory | Table | Global;
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Readonly<Record<string, ExportValue>>;
  }
  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
  function compile(bytes: Uint8Array): Promise<Module>;
}
