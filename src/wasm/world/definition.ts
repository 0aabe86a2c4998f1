/** What the sections of a component define, one after the other, as far as its types depend on it. */
import type { PrimitiveType } from "./world-types.js";

/** Kinds of things that a component numbers; those of core WebAssembly are not looked at. */
export type Sort = "core" | "function" | "value" | "type" | "component" | "instance";

/** A type where a value stands: one without a number, or the number of a type of the scope. */
export type TypeUse = PrimitiveType | "error-context" | number;

export type TypeDefinition =
  | { readonly kind: "primitive"; readonly type: TypeUse }
  | { readonly kind: "record"; readonly fields: readonly (readonly [string, TypeUse])[] }
  | {
      readonly kind: "variant";
      readonly cases: readonly (readonly [string, TypeUse | undefined])[];
    }
  | { readonly kind: "list"; readonly element: TypeUse; readonly length?: number }
  | { readonly kind: "tuple"; readonly elements: readonly TypeUse[] }
  | { readonly kind: "flags" | "enum"; readonly labels: readonly string[] }
  | { readonly kind: "option"; readonly some: TypeUse }
  | {
      readonly kind: "result";
      readonly ok: TypeUse | undefined;
      readonly err: TypeUse | undefined;
    }
  | { readonly kind: "own" | "borrow"; readonly type: number }
  | { readonly kind: "stream" | "future" }
  | { readonly kind: "resource" }
  | {
      readonly kind: "function";
      readonly params: readonly (readonly [string, TypeUse])[];
      readonly result: TypeUse | undefined;
      readonly async: boolean;
    }
  | { readonly kind: "instance" | "component"; readonly body: readonly Definition[] };

/** What an import or an export is said to be. */
export type Description =
  | { readonly sort: "core" | "value" }
  | { readonly sort: "function" | "component" | "instance"; readonly type: number }
  | { readonly sort: "type"; readonly equals: number | undefined };

export interface SortIndex {
  readonly sort: Sort;
  readonly index: number;
}

export type Definition =
  | { readonly kind: "type"; readonly type: TypeDefinition }
  | { readonly kind: "import"; readonly name: string; readonly description: Description }
  /** Of a component: what stands there already, perhaps under a narrower description. */
  | {
      readonly kind: "export";
      readonly name: string;
      readonly item: SortIndex;
      readonly description: Description | undefined;
    }
  /** Of an instance's or a component's type. */
  | { readonly kind: "export-type"; readonly name: string; readonly description: Description }
  | {
      readonly kind: "alias-export";
      readonly sort: Sort;
      readonly instance: number;
      readonly name: string;
    }
  | {
      readonly kind: "alias-outer";
      readonly sort: Sort;
      readonly count: number;
      readonly index: number;
    }
  | {
      readonly kind: "instantiate";
      readonly component: number;
      readonly args: readonly (readonly [string, SortIndex])[];
    }
  | { readonly kind: "bundle"; readonly exports: readonly (readonly [string, SortIndex])[] }
  | { readonly kind: "lift"; readonly type: number }
  | { readonly kind: "component"; readonly body: readonly Definition[] };
