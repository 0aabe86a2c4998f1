import type { BlockList } from "node:net";
import { nodeNet } from "../base/node-net.js";

/** Whether a connection may go to an address. */
export type AddressRule = (address: string) => boolean;

/** Of IPv4, what is not the public Internet (the IANA's special-purpose registry). */
const SPECIAL_V4: readonly (readonly [net: string, bits: number])[] = [
  ["0.0.0.0", 8], // this host
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // shared by carriers; metadata of Alibaba Cloud
  ["127.0.0.0", 8], // loopback
  ["168.63.129.16", 32], // metadata and agent of Azure, of a public range
  ["169.254.0.0", 16], // link-local; metadata of most clouds
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments; metadata of Oracle
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // AMT
  ["192.88.99.0", 24], // relays of 6to4
  ["192.168.0.0", 16], // private
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** Within 2000::/3, which alone is public. */
const SPECIAL_V6: readonly (readonly [net: string, bits: number])[] = [
  ["2001::", 23], // protocol assignments: Teredo, ORCHID, benchmarks
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4: an IPv4 address behind a relay
  ["2620:4f:8000::", 48], // AS112
  ["3fff::", 20], // documentation
];

/** The rule of a grant's `addresses`. */
export function addressRule(addresses: "public" | "any" | readonly string[]): AddressRule {
  if (addresses === "any") return (address) => nodeNet().isIP(withoutZone(address)) !== 0;
  if (addresses === "public") return isPublic;
  const list = new (nodeNet().BlockList)();
  for (const range of addresses) addRange(list, range);
  return (address) => {
    const plain = withoutZone(address);
    const family = nodeNet().isIP(plain);
    if (family === 0) return false;
    const carried = carriedV4(plain);
    if (carried !== undefined) return list.check(carried, "ipv4");
    return list.check(plain, family === 4 ? "ipv4" : "ipv6");
  };
}

/** Whether an address is of the public Internet. */
export function isPublic(address: string): boolean {
  const plain = withoutZone(address);
  if (nodeNet().isIPv4(plain)) return !special().check(plain, "ipv4");
  if (nodeNet().isIP(plain) === 0) return false;
  const carried = carriedV4(plain);
  if (carried !== undefined) return !special().check(carried, "ipv4");
  return unicast().check(plain, "ipv6") && !special().check(plain, "ipv6");
}

/** A range in its shortest form, such as `10.0.0.0/8`; undefined for what is none. */
export function parseRange(text: string): string | undefined {
  const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = nodeNet().isIP(address);
  if (family === 0 || address.includes("%")) return undefined;
  const all = family === 4 ? 32 : 128;
  const length = bits === undefined ? all : Number(bits);
  return length > all ? undefined : `${address}/${length}`;
}

/** Whether each of the second list's ranges is in the first list. */
export function coversRanges(wide: readonly string[], narrow: readonly string[]): boolean {
  return narrow.every((range) => {
    const [address = "", bits = ""] = range.split("/");
    return wide.some((other) => {
      const [, otherBits = ""] = other.split("/");
      const list = new (nodeNet().BlockList)();
      addRange(list, other);
      const family = nodeNet().isIPv4(address) ? "ipv4" : "ipv6";
      const isSame = nodeNet().isIPv4(other.split("/")[0] ?? "") === nodeNet().isIPv4(address);
      return isSame && Number(otherBits) <= Number(bits) && list.check(address, family);
    });
  });
}

let specialList: BlockList | undefined;
let unicastList: BlockList | undefined;

function special(): BlockList {
  if (specialList === undefined) {
    specialList = new (nodeNet().BlockList)();
    for (const [net, bits] of SPECIAL_V4) specialList.addSubnet(net, bits, "ipv4");
    for (const [net, bits] of SPECIAL_V6) specialList.addSubnet(net, bits, "ipv6");
  }
  return specialList;
}

function unicast(): BlockList {
  if (unicastList === undefined) {
    unicastList = new (nodeNet().BlockList)();
    unicastList.addSubnet("2000::", 3, "ipv6");
  }
  return unicastList;
}

/** The IPv4 address that packets to a mapped (::ffff:0:0/96) or translated one (64:ff9b::/96) go to. */
function carriedV4(address: string): string | undefined {
  if (nodeNet().isIPv4(address)) return undefined;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const isTranslated =
    groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (!isMapped && !isTranslated) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** `new URL` has one way to write an address. */
function groupsOf(address: string): number[] {
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = text.split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => 0), ...after];
}

function addRange(list: BlockList, range: string): void {
  const [address = "", bits = "0"] = range.split("/");
  list.addSubnet(address, Number(bits), nodeNet().isIPv4(address) ? "ipv4" : "ipv6");
}

function withoutZone(address: string): string {
  const cut = address.indexOf("%");
  return cut === -1 ? address : address.slice(0, cut);
}
