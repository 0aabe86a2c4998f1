// A shop's discounts, as JavaScript that its owner would upload: typed values in and out, one host function.
import { rate } from "acme:checkout/rates@1.0.0";

export const version = () => "discounts 1.0";

export const policy = {
  decide(cart) {
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
