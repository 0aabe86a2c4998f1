// A shop's discounts, as JavaScript that its owner would upload: typed values in and out, one host function.
import { rate } from "acme:checkout/rates@1.0.0";

export const version = () => "discounts 1.0";

export const policy = {
  decide(cart) {
    // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- the error of a result is what is thrown
    if (cart.lines.length === 0) throw "the cart is empty";
    const discounts = [];
    let sum = 0;
    for (const line of cart.lines) sum += line.cents * line.quantity;
    if (cart.tier === "gold") discounts.push({ tag: "percent", val: 10 });
    if (cart.lines.some((line) => line.quantity >= 10)) discounts.push({ tag: "cents", val: 500 });
    if (cart.customer !== undefined) discounts.push({ tag: "gift", val: `for ${cart.customer}` });
    for (const discount of discounts) {
      if (discount.tag === "percent") sum -= (sum * discount.val) / 100;
      if (discount.tag === "cents") sum -= discount.val;
    }
    const total = Math.round(sum * rate(cart.currency));
    return { discounts, total, note: cart.tier === "guest" ? "members pay less" : undefined };
  },
};

class Account {
  #owner;
  #points = 0n;

  constructor(owner) {
    this.#owner = owner;
  }

  owner() {
    return this.#owner;
  }

  add(points) {
    this.#points += points;
    return [this.#points, { added: points > 0n, spent: false, doubled: points === this.#points }];
  }

  static transfer(from, to) {
    const [sum] = to.add(from.#points);
    return sum;
  }
}

export const points = { Account };

export async function digest(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export async function wait(ms) {
  const from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return performance.now() - from;
}

export function chatter(lines) {
  for (let line = 0; line < lines; line++) console.log(`line ${line}`);
}

export function fail(message) {
  throw new TypeError(message);
}

export function spin() {
  for (;;);
}

export function eat() {
  const kept = [];
  for (;;) kept.push(new Uint8Array(2 ** 20).fill(kept.length));
}
