import { expect, test } from "vitest";
import { createTypeBoard, MAX_PROCESS_TYPES, TypeLedger } from "../../src/guest/type-ledger.js";
import { readModule } from "../../src/wasm/read-module.js";
import { TypeSection } from "../../src/wasm/type-section.js";
import { coreModule, section } from "../wasm/module-bytes.js";

const FUNC = 0x60;

/** A function type of ten parameters that spell a number. */
function typeOf(number: number): number[] {
  return [
    FUNC,
    10,
    ...Array.from({ length: 10 }, (_, at) => 0x7f - ((number >>> (at * 2)) & 3)),
    0,
  ];
}

function admit(ledger: TypeLedger, ...types: readonly (readonly number[])[]): boolean {
  const bytes = coreModule(section(1, ...types));
  const info = readModule(bytes);
  const [found] = info.kind === "core" ? info.sections : [];
  if (found === undefined) throw new Error("no section of types");
  return ledger.admit(bytes, new TypeSection(bytes, found.content, found.end));
}

test("a type counts once, in whichever module and worker it is", () => {
  const board = createTypeBoard();
  const ledger = new TypeLedger(board);
  expect(admit(ledger, typeOf(1), typeOf(2))).toBe(true);
  expect(ledger.count).toBe(2);
  expect(admit(new TypeLedger(board), typeOf(2), typeOf(3), typeOf(1))).toBe(true);
  expect(ledger.count).toBe(3);
  expect(admit(ledger)).toBe(true);
  expect(ledger.count).toBe(3);
});

test("types that refer to others count again in another module, and not in the same one", () => {
  const ledger = new TypeLedger(createTypeBoard());
  const group = [0x4e, 2, FUNC, 1, 0x63, 0, 0, FUNC, 0, 0];
  expect(admit(ledger, group)).toBe(true);
  expect(ledger.count).toBe(2);
  expect(admit(ledger, group)).toBe(true);
  expect(ledger.count).toBe(2);
  expect(admit(ledger, [FUNC, 0, 0], group)).toBe(true);
  expect(ledger.count).toBe(5);
});

test("a module that would go past the limit is refused, again and again, and others are not", () => {
  const ledger = new TypeLedger(createTypeBoard());
  const perModule = 4_000;
  let next = 0;
  const fresh = () => Array.from({ length: perModule }, () => typeOf(next++));
  for (let modules = MAX_PROCESS_TYPES / perModule; modules > 0; modules--) {
    expect(admit(ledger, ...fresh())).toBe(true);
  }
  expect(ledger.count).toBeLessThanOrEqual(MAX_PROCESS_TYPES);
  expect(ledger.count).toBeGreaterThan(MAX_PROCESS_TYPES * 0.999);
  const more = fresh();
  for (let times = 0; times < 3; times++) expect(admit(ledger, ...more)).toBe(false);
  expect(admit(ledger, typeOf(1), typeOf(perModule))).toBe(true);
});

test("groups without types count nothing", () => {
  const ledger = new TypeLedger(createTypeBoard());
  expect(admit(ledger, [0x4e, 0])).toBe(true);
  expect(ledger.count).toBe(0);
});
