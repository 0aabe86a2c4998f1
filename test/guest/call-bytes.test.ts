import { expect, test } from "vitest";
import { decodeWithTexts, encodeWithTexts } from "../../src/guest/call-bytes.js";
import { decodeHead, encodeHead } from "../../src/guest/host-frames.js";

const large = (letter: string): string => letter.repeat(20_000);

test.each([
  [["", 1, ["short", 2n, null, undefined], false]],
  [[large("a"), large("b"), [large("c"), large("ü"), [large("d")]], large("e")]],
  [[[{ tag: "some", val: large("f") }], new Uint8Array([1, 2, 3])]],
])("calls come out as they went in: %#", (list) => {
  for (const depth of [0, 1]) {
    expect(decodeWithTexts(encodeWithTexts(list, depth), depth)).toEqual(list);
  }
});

test.each([
  undefined,
  null,
  "text \ud800 alone",
  ["incoming", "next", { request: 1, headers: [["a", "ÿ"]], more: false }],
  ["a", "b", undefined],
  { absent: undefined, big: 2n ** 64n, bytes: new Uint8Array([1]) },
  [-0, NaN, Infinity, 1.5],
  new Map([["key", new Date(0)]]),
  JSON.parse('{ "__proto__": { "polluted": 1 } }') as unknown,
  { toJSON: "said" },
  [[[[[["deep"]]]]]],
])("heads come out as they went in: %#", (head) => {
  const read = decodeHead(encodeHead(head));
  expect(read).toStrictEqual(head);
  expect({}).not.toHaveProperty("polluted");
});
