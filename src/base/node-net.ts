import type net from "node:net";

/** `node:net`, loaded when it is first needed: that takes 2 ms, and most processes never look at an address. */
export function nodeNet(): typeof net {
  return process.getBuiltinModule("node:net");
}
