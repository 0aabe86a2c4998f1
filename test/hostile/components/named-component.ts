/** What a name in the component is of: a core module, the component model's labels, those in small letters. */
export type SlotKind = "core" | "label" | "lower";

/** Places of a component that hold a name each, wherever it is repeated. */
export const SLOTS = {
  coreImportModule: "core",
  coreImportField: "core",
  coreImportField2: "core",
  coreExport: "core",
  coreExport2: "core",
  corePassedOn: "core",
  coreMemory: "core",
  coreRealloc: "core",
  corePostReturn: "core",
  coreConstructor: "core",
  coreMethod: "core",
  coreStatic: "core",
  coreDestructor: "core",
  coreNestedExport: "core",

  importedNamespace: "lower",
  importedPackage: "lower",
  importedInterface: "label",
  importedFunction: "label",
  importedFunction2: "label",
  importedResource: "label",
  importedMethod: "label",
  importedStatic: "label",
  importedType: "label",
  importedField: "label",
  importedField2: "label",
  importedCase: "label",
  importedCase2: "label",
  importedFlag: "label",
  importedFlag2: "label",
  importedEnum: "label",
  importedEnum2: "label",
  importedParameter: "label",
  plainImport: "label",

  exportedNamespace: "lower",
  exportedPackage: "lower",
  exportedInterface: "label",
  exportedFunction: "label",
  exportedResource: "label",
  exportedMethod: "label",
  exportedStatic: "label",
  exportedParameter: "label",
  shimImport: "label",
  plainExport: "label",
} as const satisfies Record<string, SlotKind>;

export type Slot = keyof typeof SLOTS;

/**
 * A component with every place for a name: an imported interface with a resource and every kind of type,
 * an imported function, core modules that pass functions on to each other, a nested component with a core
 * module of its own, an exported function, and an exported interface with a resource.
 */
export function componentText(names: Readonly<Record<Slot, string>>): string {
  const text = (name: string): string => quoted(name);
  const n = Object.fromEntries(
    Object.entries(names).map(([slot, name]) => [slot, text(name)]),
  ) as Record<Slot, string>;
  const method = (form: string, resource: Slot, item?: Slot): string =>
    text(`[${form}]${names[resource]}${item === undefined ? "" : `.${names[item]}`}`);
  const imported = text(
    `${names.importedNamespace}:${names.importedPackage}/${names.importedInterface}@0.2.1`,
  );
  const exported = text(
    `${names.exportedNamespace}:${names.exportedPackage}/${names.exportedInterface}@1.0.0-rc.1`,
  );
  return `(component
  (import ${imported} (instance $host
    (export ${n.importedResource} (type $res (sub resource)))
    (export ${method("constructor", "importedResource")} (func (result (own $res))))
    (export ${method("method", "importedResource", "importedMethod")}
      (func (param "self" (borrow $res)) (param ${n.importedParameter} string) (result string)))
    (export ${method("static", "importedResource", "importedStatic")} (func (result u32)))
    (type $record (record (field ${n.importedField} u32) (field ${n.importedField2} string)))
    (export ${n.importedType} (type $record' (eq $record)))
    (type $variant (variant (case ${n.importedCase} u32) (case ${n.importedCase2})))
    (export "n900-variant" (type $variant' (eq $variant)))
    (type $flags (flags ${n.importedFlag} ${n.importedFlag2}))
    (export "n900-flags" (type $flags' (eq $flags)))
    (type $enum (enum ${n.importedEnum} ${n.importedEnum2}))
    (export "n900-enum" (type $enum' (eq $enum)))
    (export ${n.importedFunction}
      (func (param ${n.importedParameter} $record') (param "v" $variant') (result $flags')))
    (export ${n.importedFunction2} (func (param "e" $enum') (result $record')))
  ))
  (import ${n.plainImport} (func $plain (param ${n.importedParameter} string)))
  (core module $memory
    (memory (export ${n.coreMemory}) 1)
    (func (export ${n.coreRealloc}) (param i32 i32 i32 i32) (result i32) i32.const 8)
    (func (export ${n.corePassedOn}) (param i32)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory ${n.coreMemory} (core memory $mem))
  (alias core export $memory ${n.coreRealloc} (core func $realloc))
  (alias core export $memory ${n.corePassedOn} (core func $passed))
  (alias export $host ${n.importedFunction} (func $one))
  (alias export $host ${n.importedFunction2} (func $two))
  (alias export $host ${method("method", "importedResource", "importedMethod")} (func $three))
  (alias export $host ${method("static", "importedResource", "importedStatic")} (func $four))
  (alias export $host ${method("constructor", "importedResource")} (func $five))
  (alias export $host ${n.importedResource} (type $res))
  (alias export $host ${n.importedType} (type $record))
  (core func $one (canon lower (func $one) (memory $mem) (realloc $realloc)))
  (core func $two (canon lower (func $two) (memory $mem) (realloc $realloc)))
  (core func $three (canon lower (func $three) (memory $mem) (realloc $realloc)))
  (core func $four (canon lower (func $four)))
  (core func $five (canon lower (func $five)))
  (core func $plain (canon lower (func $plain) (memory $mem) (realloc $realloc)))
  (core func $drop (canon resource.drop $res))
  (core instance $functions
    (export ${n.coreImportField} (func $one))
    (export ${n.coreImportField2} (func $passed)))
  (core instance $more
    (export "1" (func $two))
    (export "2" (func $three))
    (export "3" (func $four))
    (export "4" (func $five))
    (export "5" (func $plain))
    (export "6" (func $drop)))
  (core module $main
    (import ${n.coreImportModule} ${n.coreImportField}
      (func (param i32 i32 i32 i32 i32) (result i32)))
    (import ${n.coreImportModule} ${n.coreImportField2} (func (param i32)))
    (import "~" "1" (func (param i32 i32)))
    (import "~" "2" (func (param i32 i32 i32 i32)))
    (import "~" "3" (func (result i32)))
    (import "~" "4" (func (result i32)))
    (import "~" "5" (func (param i32 i32)))
    (import "~" "6" (func (param i32)))
    (func (export ${n.coreExport}) (param i32 i32 i32) (result i32) i32.const 0)
    (func (export ${n.corePostReturn}) (param i32))
    (func (export ${n.coreExport2}) (param i32) (result i32) local.get 0)
    (func (export ${n.coreConstructor}) (result i32) i32.const 1)
    (func (export ${n.coreMethod}) (param i32) (result i32) local.get 0)
    (func (export ${n.coreStatic}) (result i32) i32.const 2)
    (func (export ${n.coreDestructor}) (param i32)))
  (core instance $main (instantiate $main
    (with ${n.coreImportModule} (instance $functions))
    (with "~" (instance $more))))
  (func $run (param ${n.exportedParameter} $record) (result string)
    (canon lift (core func $main ${n.coreExport}) (memory $mem) (realloc $realloc)
      (post-return (core func $main ${n.corePostReturn}))))
  (export ${n.plainExport} (func $run))

  (alias core export $main ${n.coreDestructor} (core func $destroy))
  (type $own (resource (rep i32) (dtor (core func $destroy))))
  (func $construct (result (own $own)) (canon lift (core func $main ${n.coreConstructor})))
  (func $method (param "self" (borrow $own)) (result u32)
    (canon lift (core func $main ${n.coreMethod})))
  (func $static (result u32) (canon lift (core func $main ${n.coreStatic})))
  (func $plain-two (param ${n.exportedParameter} u32) (result u32)
    (canon lift (core func $main ${n.coreExport2})))
  (component $shim
    (import ${n.shimImport} (type $r (sub resource)))
    (import "import-constructor" (func $c (result (own $r))))
    (import "import-method" (func $m (param "self" (borrow $r)) (result u32)))
    (import "import-static" (func $s (result u32)))
    (import "import-func" (func $f (param ${n.exportedParameter} u32) (result u32)))
    (export $r2 ${n.exportedResource} (type $r))
    (export ${method("constructor", "exportedResource")} (func $c) (func (result (own $r2))))
    (export ${method("method", "exportedResource", "exportedMethod")}
      (func $m) (func (param "self" (borrow $r2)) (result u32)))
    (export ${method("static", "exportedResource", "exportedStatic")}
      (func $s) (func (result u32)))
    (export ${n.exportedFunction} (func $f))
    (core module $nested (func (export ${n.coreNestedExport})))
    (core instance $nested (instantiate $nested)))
  (instance $shim (instantiate $shim
    (with ${n.shimImport} (type $own))
    (with "import-constructor" (func $construct))
    (with "import-method" (func $method))
    (with "import-static" (func $static))
    (with "import-func" (func $plain-two))))
  (export ${exported} (instance $shim))
)`;
}

/** A name as the text format writes it: all but letters and digits as bytes. */
function quoted(name: string): string {
  const bytes = Array.from(Buffer.from(name), (byte) =>
    /[A-Za-z0-9 _.:/@[\]-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${bytes.join("")}"`;
}

/** Harmless names for all places, in the order of the given ones, so that tools sort both alike. */
export function markersFor(names: Readonly<Record<Slot, string>>): Record<Slot, string> {
  const slots = Object.keys(SLOTS) as Slot[];
  const key = (slot: Slot): string =>
    SLOTS[slot] === "core" ? names[slot] : lowerCamel(names[slot]);
  const sorted = slots.toSorted((a, b) => Buffer.compare(Buffer.from(key(a)), Buffer.from(key(b))));
  return Object.fromEntries(
    sorted.map((slot, rank) => [slot, `n${String(rank).padStart(3, "0")}q`]),
  ) as Record<Slot, string>;
}

/** The words of a label joined: `get-stdin` is `getStdin`. */
export function lowerCamel(label: string): string {
  const upper = upperCamel(label);
  return upper.slice(0, 1).toLowerCase() + upper.slice(1);
}

export function upperCamel(label: string): string {
  const words = label.toLowerCase().split("-");
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}

/** A name for each place that no tool and no generated code knows. */
export function harmlessNames(): Record<Slot, string> {
  return Object.fromEntries(
    (Object.keys(SLOTS) as Slot[]).map((slot, index) => [slot, `zz${index}-harmless`]),
  ) as Record<Slot, string>;
}
