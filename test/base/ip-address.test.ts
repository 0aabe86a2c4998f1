import { isIPv6 } from "node:net";
import { describe, expect, it } from "vitest";
import { formatIp, ipOfParts, parseIp, partsOfIp } from "../../src/base/ip-address.js";
import {
  formatNetwork,
  networkAround,
  networkCovers,
  networkHas,
  parseNetwork,
} from "../../src/base/ip-network.js";
import { specialNetworkAround, specialNetworkOf } from "../../src/base/special-networks.js";

function ip(text: string) {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function network(text: string) {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new Error(`no network: ${text}`);
  return parsed;
}

describe("addresses", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["fe80::1%eth0", "fe80::1"],
  ])("%s is written as %s", (text, written) => {
    expect(formatIp(ip(text))).toBe(written);
    expect(formatIp(ipOfParts(partsOfIp(ip(text))))).toBe(written);
    expect(written.includes(":")).toBe(isIPv6(written));
  });

  it.each([
    "",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "010.0.0.1",
    "1.2.3.4.5",
    "localhost",
    ":::",
    "1::2::3",
    "[::1]",
  ])("%j is none", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});

describe("networks", () => {
  it.each(["10.0.0.0/8", "10.1.2.3", "fd00::/8", "::1", "0.0.0.0/0"])("%s", (text) => {
    expect(formatNetwork(network(text))).toBe(text);
  });

  it.each([
    "10.0.0.1/8",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "/8",
    "fe80::1%eth0",
    "10.0.0.0/8/8",
  ])("%s is none", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it("are found around an address with bits beyond the prefix", () => {
    expect(networkAround("10.1.2.3/8")).toEqual(network("10.0.0.0/8"));
    expect(networkAround("fd00::5/16")).toEqual(network("fd00::/16"));
    expect(["10.0.0.1/33", "fe80::1%eth0", "x"].map(networkAround)).toEqual(
      Array.from({ length: 3 }, () => undefined),
    );
  });

  it("know their addresses and each other", () => {
    expect(networkHas(network("10.0.0.0/8"), ip("10.255.0.1"))).toBe(true);
    expect(networkHas(network("10.0.0.0/8"), ip("11.0.0.1"))).toBe(false);
    expect(networkHas(network("0.0.0.0/0"), ip("::1"))).toBe(false);
    expect(networkCovers(network("10.0.0.0/8"), network("10.1.0.0/16"))).toBe(true);
    expect(networkCovers(network("10.1.0.0/16"), network("10.0.0.0/8"))).toBe(false);
    expect(networkCovers(network("::/0"), network("10.0.0.0/8"))).toBe(false);
  });
});

describe("special addresses", () => {
  it.each([
    ["127.0.0.1", "127.0.0.0/8"],
    ["0.0.0.0", "0.0.0.0/8"],
    ["10.1.2.3", "10.0.0.0/8"],
    ["169.254.169.254", "169.254.169.254"],
    ["169.254.1.1", "169.254.0.0/16"],
    ["100.100.100.200", "100.100.100.200"],
    ["::1", "::/96"],
    ["::127.0.0.1", "::/96"],
    ["::ffff:127.0.0.1", "::ffff:7f00:0/104"],
    ["::ffff:8.8.8.8", "::ffff:0:0/96"],
    ["64:ff9b::7f00:1", "64:ff9b::7f00:0/104"],
    ["64:ff9b::a9fe:a9fe", "64:ff9b::a9fe:a9fe"],
    ["64:ff9b::8.8.8.8", "64:ff9b::/96"],
    ["2002:7f00:1::", "2002:7f00::/24"],
    ["2002:a9fe:a9fe::1", "2002:a9fe:a9fe::/48"],
    ["2002:808:808::1", "2002::/16"],
    ["192.31.196.1", "192.31.196.0/24"],
    ["192.52.193.1", "192.52.193.0/24"],
    ["192.175.48.1", "192.175.48.0/24"],
    ["2620:4f:8000::1", "2620:4f:8000::/48"],
    ["1fff::1", "::/3"],
    ["4000::1", "4000::/2"],
    ["9000::1", "8000::/1"],
    ["fd00:ec2::254", "fd00:ec2::254"],
    ["fe80::1", "fe80::/10"],
    ["ff02::1", "ff00::/8"],
  ])("%s is of %s", (text, name) => {
    const found = specialNetworkOf(ip(text));
    expect(found && formatNetwork(found)).toBe(name);
  });

  it.each(["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111"])("%s is public", (text) => {
    expect(specialNetworkOf(ip(text))).toBeUndefined();
  });

  it.each([
    ["10.1.0.0/16", "10.0.0.0/8"],
    ["0.0.0.0/8", "0.0.0.0/8"],
    ["0.0.0.0/0", undefined],
    ["2000::/3", undefined],
    ["::/3", "::/3"],
    ["::/64", "::/3"],
    ["64:ff9b::a01:0/112", "64:ff9b::a00:0/104"],
    ["64:ff9b::/100", "64:ff9b::/96"],
    ["2002:a01:203:405::/64", "2002:a00::/24"],
  ])("all of %s is of %s", (text, name) => {
    const found = specialNetworkAround(network(text));
    expect(found && formatNetwork(found)).toBe(name);
  });
});
