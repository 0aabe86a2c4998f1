const INTEGER = /^-?\d{1,20}$/;

/** The sum of a number that is kept as decimal text and another; throws if one of them has no 64 bits. */
export function addToText(text: Uint8Array | undefined, delta: bigint): bigint {
  const decimal = text === undefined ? "0" : Buffer.from(text).toString("latin1");
  if (!INTEGER.test(decimal)) throw new RangeError("the value is not a number");
  const sum = BigInt(decimal) + delta;
  if (BigInt.asIntN(64, sum) !== sum)
    throw new RangeError("the number would have more than 64 bits");
  return sum;
}
