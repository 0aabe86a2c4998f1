import { printable } from "../base/printable.js";
import { wasmKind } from "../layer/wasm-kind.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import type { CoreModuleInfo } from "../wasm/module-info.js";
import { type ComponentInfo, readComponent } from "../wasm/read-component.js";
import { readModule } from "../wasm/read-module.js";

/** What a program is to its host, by its imports and exports. */
export interface ImageWorld {
  /**
   * - `command`: it is run once and exits (`_start`, or `wasi:cli/run`)
   * - `http`: it answers requests (`wasi:http/incoming-handler`, or a Spin application's HTTP trigger)
   * - `reactor`: it is initialised once, then called (`_initialize`)
   * - `exports`: it offers functions or interfaces of other names
   */
  readonly kind: "command" | "http" | "reactor" | "exports";
  /** The WASI that it is made for; absent if it names none. */
  readonly wasi?: "preview0" | "preview1" | "0.2" | "0.3";
  /** Names of what it imports: `wasi_snapshot_preview1.fd_write`, `wasi:cli/environment@0.2.0`; at most 100. */
  readonly imports: readonly string[];
  /** Names of what it exports; at most 100. */
  readonly exports: readonly string[];
}

/** Names listed of each side: enough to see what it is, and little enough for a record. */
const MAX_NAMES = 100;
/** Longest name listed, in characters: interfaces have some dozens. */
const MAX_NAME = 200;

const CORE_WASI: ReadonlyMap<string, ImageWorld["wasi"] & string> = new Map([
  ["wasi_snapshot_preview1", "preview1"],
  ["wasi_unstable", "preview0"],
] as const);

/** The interfaces by whose export a component is known. Spin's own is older than WASI's. */
const COMMAND = /^wasi:cli\/run(?:@|$)/;
const HTTP = /^(?:wasi:http\/(?:incoming-)?handler|fermyon:spin\/inbound-http)(?:@|$)/;
const WASI_VERSION = /^wasi:[^@]+@(0\.[0-9]+)\./;

/** The world of a module's or component's outline; `undefined` if its sections lie. */
export function worldOfOutline(outline: Uint8Array): ImageWorld | undefined {
  try {
    if (wasmKind(outline) === "component") return componentWorld(readComponent(outline));
    const module = readModule(outline);
    return module.kind === "core" ? coreWorld(module) : undefined;
  } catch (error) {
    // Whoever runs it is told what is wrong with it.
    if (error instanceof ModuleFormatError) return undefined;
    throw error;
  }
}

/** The world of a core module. */
export function coreWorld({ imports, exports }: CoreModuleInfo): ImageWorld {
  const names = exports.map(({ name }) => name);
  const functions = new Set(exports.filter(({ kind }) => kind === "function").map((e) => e.name));
  const found = imports.map(({ module }) => CORE_WASI.get(module));
  const wasi = found.find((version) => version === "preview1") ?? found.find(Boolean);
  return {
    kind: functions.has("_start")
      ? "command"
      : functions.has("_initialize")
        ? "reactor"
        : "exports",
    ...(wasi !== undefined ? { wasi } : {}),
    imports: listed(imports.map(({ module, name }) => `${module}.${name}`)),
    exports: listed(names),
  };
}

/** The world of a component. */
export function componentWorld({ imports, exports }: ComponentInfo): ImageWorld {
  const offered = exports.map(({ name }) => name);
  const wanted = imports.map(({ name }) => name);
  const versions = new Set([...wanted, ...offered].map((name) => WASI_VERSION.exec(name)?.[1]));
  const wasi = (["0.3", "0.2"] as const).find((version) => versions.has(version));
  return {
    kind: offered.some((name) => COMMAND.test(name))
      ? "command"
      : offered.some((name) => HTTP.test(name))
        ? "http"
        : "exports",
    ...(wasi !== undefined ? { wasi } : {}),
    imports: listed(wanted),
    exports: listed(offered),
  };
}

function listed(names: readonly string[]): readonly string[] {
  return names.slice(0, MAX_NAMES).map((name) => printable(name, MAX_NAME));
}
