/** Addresses of the Internet protocols as numbers, so that forms of writing them do not matter. */
import { nodeNet } from "./node-net.js";

export interface IpAddress {
  readonly family: 4 | 6;
  /** 32 or 128 bits. */
  readonly value: bigint;
}

/** An address in its usual form, four decimal numbers or RFC 4291; undefined for anything else (`127.1`, a name). */
export function parseIp(text: string): IpAddress | undefined {
  const zone = text.indexOf("%");
  const plain = zone === -1 ? text : text.slice(0, zone);
  const family = nodeNet().isIP(plain);
  if (family === 4) return { family: 4, value: valueOfV4(plain) };
  if (family === 6) return { family: 6, value: valueOfV6(plain) };
  return undefined;
}

/** The parts of an address: four bytes, or eight words of 16 bits. */
export function partsOfIp({ family, value }: IpAddress): number[] {
  const bits = family === 4 ? 8 : 16;
  const count = family === 4 ? 4 : 8;
  const mask = (1n << BigInt(bits)) - 1n;
  return Array.from({ length: count }, (_, index) =>
    Number((value >> BigInt(bits * (count - 1 - index))) & mask),
  );
}

/** Of four bytes or eight words of 16 bits. */
export function ipOfParts(parts: readonly number[]): IpAddress {
  const family = parts.length === 4 ? 4 : 6;
  const bits = family === 4 ? 8n : 16n;
  return { family, value: parts.reduce((value, part) => (value << bits) | BigInt(part), 0n) };
}

/** As RFC 5952 writes it. */
export function formatIp(address: IpAddress): string {
  const parts = partsOfIp(address);
  if (address.family === 4) return parts.join(".");
  const [start, length] = longestZeros(parts);
  const words = parts.map((part) => part.toString(16));
  if (length < 2) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

function longestZeros(parts: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  let start = 0;
  for (const [index, part] of parts.entries()) {
    if (part !== 0) start = index + 1;
    else if (index + 1 - start > best[1]) best = [start, index + 1 - start];
  }
  return best;
}

function valueOfV4(text: string): bigint {
  return text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function valueOfV6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const front = wordsOf(head);
  const back = tail === undefined ? [] : wordsOf(tail);
  const gap = new Array<bigint>(8 - front.length - back.length).fill(0n);
  return [...front, ...gap, ...back].reduce((value, word) => (value << 16n) | word, 0n);
}

/** The last part may be an address of version 4. */
function wordsOf(text: string): bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [BigInt(`0x${part}`)];
    const value = valueOfV4(part);
    return [value >> 16n, value & 0xffffn];
  });
}
