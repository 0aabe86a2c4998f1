/** Guests that hold the host to the WIT of wasi:filesystem, over each kind of root. */
import { componentCases } from "./component-case.js";
import { describeGuests } from "./describe-guests.js";

describeGuests(
  ["host", "memory", "image"],
  componentCases().filter(({ over }) => over.some((each) => each !== "memory")),
);
