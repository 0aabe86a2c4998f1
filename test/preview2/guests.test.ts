/** Guests that hold the host to the WIT of WASI 0.2: streams, polling, stdio, clocks, random, what traps, versions. */
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { componentCases, GUESTS } from "./component-case.js";
import { describeGuests } from "./describe-guests.js";

const cases = componentCases();

describeGuests(
  ["memory"],
  cases.filter(({ over }) => over.length === 1 && over[0] === "memory"),
);

it("each source has its component and each component its source", () => {
  const built = readdirSync(GUESTS).filter((file) => file.endsWith(".wasm"));
  expect(built.sort()).toEqual(cases.map(({ name }) => `${name}.wasm`).sort());
});
