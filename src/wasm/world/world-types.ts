/** The types of what a component imports and exports, in full: plain data, cloneable and storable. */

/** Index into `WorldTypes.types`. */
export type TypeIndex = number;

export type PrimitiveType =
  | "bool"
  | "s8"
  | "u8"
  | "s16"
  | "u16"
  | "s32"
  | "u32"
  | "s64"
  | "u64"
  | "f32"
  | "f64"
  | "char"
  | "string";

/** One value type; names are as the component has them, in kebab-case. */
export type ValueType =
  | { readonly kind: PrimitiveType }
  | { readonly kind: "record"; readonly fields: readonly (readonly [string, TypeIndex])[] }
  | {
      readonly kind: "variant";
      readonly cases: readonly (readonly [string, TypeIndex | undefined])[];
    }
  | { readonly kind: "list"; readonly element: TypeIndex; readonly length?: number }
  | { readonly kind: "tuple"; readonly elements: readonly TypeIndex[] }
  | { readonly kind: "flags" | "enum"; readonly labels: readonly string[] }
  | { readonly kind: "option"; readonly some: TypeIndex }
  | {
      readonly kind: "result";
      readonly ok: TypeIndex | undefined;
      readonly err: TypeIndex | undefined;
    }
  /** A handle: the resource's index in `WorldTypes.resources`. */
  | { readonly kind: "own" | "borrow"; readonly resource: number }
  /** Of the asynchronous part of the component model. */
  | { readonly kind: "stream" | "future" | "error-context" };

export interface FunctionShape {
  /** As the component has it: `add`, `[method]bucket.get`. */
  readonly name: string;
  readonly params: readonly (readonly [string, TypeIndex])[];
  readonly result: TypeIndex | undefined;
  readonly async: boolean;
}

/** An interface, or a function of the world itself. */
export interface WorldItem {
  /** `acme:db/store@1.2.0`, or a plain name. */
  readonly name: string;
  /** Whether it is a function of the world; it is then the only one in `functions`, under its name. */
  readonly isFunction: boolean;
  readonly functions: readonly FunctionShape[];
}

export interface ResourceShape {
  /** `acme:db/store@1.2.0#bucket`, or where it has come from first. */
  readonly name: string;
  /** Whether the host makes it, and not the component. */
  readonly imported: boolean;
}

export interface WorldTypes {
  readonly types: readonly ValueType[];
  readonly resources: readonly ResourceShape[];
  readonly imports: readonly WorldItem[];
  readonly exports: readonly WorldItem[];
}
