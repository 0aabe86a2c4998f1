import { describe, expect, test } from "vitest";
import { EBADF, EFAULT, EINVAL } from "../../src/fs/errno.js";
import { ArrayInput, ROOT, TestGuest } from "./test-guest.js";

const PAGE = 65_536;
const EVENTS = 4096;
const OUT = 8192;

type Wanted =
  | { readonly clock: number; readonly timeout: bigint; readonly absolute?: boolean }
  | { readonly read: number }
  | { readonly write: number };

interface Event {
  readonly userdata: bigint;
  readonly errno: number;
  readonly type: number;
  readonly bytes: bigint;
  readonly flags: number;
}

function poll(guest: TestGuest, wanted: readonly Wanted[], unstable = false): Event[] | number {
  const size = unstable ? 56 : 48;
  const clockAt = unstable ? 24 : 16;
  const { view } = guest;
  guest.bytes.fill(0, 0, wanted.length * size);
  for (const [index, want] of wanted.entries()) {
    const at = index * size;
    view.setBigUint64(at, BigInt(index + 100), true);
    if ("clock" in want) {
      view.setUint32(at + clockAt, want.clock, true);
      view.setBigUint64(at + clockAt + 8, want.timeout, true);
      view.setUint16(at + clockAt + 24, want.absolute === true ? 1 : 0, true);
    } else {
      view.setUint8(at + 8, "read" in want ? 1 : 2);
      view.setUint32(at + 16, "read" in want ? want.read : want.write, true);
    }
  }
  const module = unstable ? guest.unstable : guest.wasi;
  const errno = module.poll_oneoff(0, EVENTS, wanted.length, OUT);
  if (errno !== 0) return -Number(errno);
  return Array.from({ length: guest.u32(OUT) }, (_, index) => {
    const at = EVENTS + index * 32;
    return {
      userdata: guest.u64(at),
      errno: guest.u16(at + 8),
      type: guest.bytes[at + 10] ?? 0,
      bytes: guest.u64(at + 16),
      flags: guest.u16(at + 24),
    };
  });
}

function event(userdata: bigint, type: number, bytes = 0n, flags = 0): Event {
  return { userdata, errno: 0, type, bytes, flags };
}

function monotonic(guest: TestGuest): bigint {
  guest.wasi.clock_time_get(1, 0n, 60_000);
  return guest.u64(60_000);
}

describe("poll_oneoff with clocks", () => {
  test("adds a sleep to virtual time and returns at once", () => {
    const guest = new TestGuest();
    const before = monotonic(guest);
    expect(poll(guest, [{ clock: 1, timeout: 3_600_000_000_000n }])).toEqual([event(100n, 0)]);
    const slept = monotonic(guest) - before;
    expect(slept >= 3_600_000_000_000n && slept < 3_600_001_000_000n).toBe(true);
    expect(guest.stdio.slept).toEqual([]);
  });

  test("reports all that are due, in their order", () => {
    const guest = new TestGuest();
    const answer = poll(guest, [
      { clock: 0, timeout: 2000n },
      { clock: 1, timeout: 1000n },
      { clock: 0, timeout: 1000n },
    ]);
    expect(answer).toEqual([event(101n, 0), event(102n, 0)]);
  });

  test("takes absolute times, the past included", () => {
    const guest = new TestGuest();
    expect(poll(guest, [{ clock: 0, timeout: 5n, absolute: true }])).toEqual([event(100n, 0)]);
    const until = monotonic(guest) + 1_000_000n;
    expect(poll(guest, [{ clock: 1, timeout: until, absolute: true }])).toEqual([event(100n, 0)]);
    expect(monotonic(guest)).toBeGreaterThanOrEqual(until);
    expect(poll(guest, [{ clock: 1, timeout: 2n ** 64n - 1n }])).toEqual([event(100n, 0)]);
  });

  test("has another layout in wasi_unstable", () => {
    const guest = new TestGuest();
    const answer = poll(guest, [{ clock: 1, timeout: 1000n }, { write: 1 }], true);
    expect(answer).toEqual([event(101n, 2, 1n)]);
    expect(poll(guest, [{ clock: 1, timeout: 1000n }], true)).toEqual([event(100n, 0)]);
    expect(poll(guest, [{ clock: 2, timeout: 1000n }], true)).toBe(-EINVAL);
  });

  test("sleeps in real time when the real clock is granted, however short each sleep is", () => {
    const guest = new TestGuest({ clock: { kind: "real" } });
    const start = performance.now();
    expect(poll(guest, [{ clock: 1, timeout: 5_000_000n }])).toEqual([event(100n, 0)]);
    expect(performance.now() - start).toBeGreaterThan(4.9);
    expect(guest.stdio.slept[0]).toBeCloseTo(5, 0);
  });
});

describe("poll_oneoff with descriptors", () => {
  test("finds files and output ready", () => {
    const guest = new TestGuest();
    guest.file("f", "12345");
    const fd = guest.open("f");
    guest.read(fd, 2);
    const wanted = [{ read: fd }, { write: fd }, { write: 1 }, { clock: 1, timeout: 10n ** 9n }];
    expect(poll(guest, wanted)).toEqual([
      event(100n, 1, 3n),
      event(101n, 2, 1n),
      event(102n, 2, 1n),
    ]);
    guest.read(fd);
    expect(poll(guest, [{ read: fd }])).toEqual([event(100n, 1, 0n, 1)]);
  });

  test("tells what standard input has, and that it is at its end", () => {
    const guest = new TestGuest({}, new ArrayInput("abc"));
    expect(poll(guest, [{ read: 0 }])).toEqual([event(100n, 1, 3n)]);
    guest.read(0);
    expect(poll(guest, [{ read: 0 }])).toEqual([event(100n, 1, 0n, 1)]);
    expect(guest.stdio.stdin.waits).toEqual([]);
  });

  test("waits for standard input no longer than the timeout", () => {
    const guest = new TestGuest({}, new ArrayInput("", true));
    const before = monotonic(guest);
    const wanted = [{ read: 0 }, { clock: 1, timeout: 7_000_000n }];
    expect(poll(guest, wanted)).toEqual([event(101n, 0)]);
    expect(guest.stdio.stdin.waits).toEqual([7]);
    expect(monotonic(guest) - before).toBeGreaterThanOrEqual(7_000_000n);
  });

  test("refuses descriptors that cannot be waited for", () => {
    const guest = new TestGuest();
    for (const wanted of [
      { read: 99 },
      { read: 1 },
      { write: 0 },
      { read: ROOT },
      { write: ROOT },
    ]) {
      expect(poll(guest, [{ write: 1 }, wanted])).toBe(-EBADF);
    }
  });

  test("refuses nothing, too much, and what lies outside", () => {
    const guest = new TestGuest();
    const { wasi } = guest;
    expect(wasi.poll_oneoff(0, EVENTS, 0, OUT)).toBe(EINVAL);
    expect(wasi.poll_oneoff(0, EVENTS, -1, OUT)).toBe(EINVAL);
    expect(wasi.poll_oneoff(0, EVENTS, 4097, OUT)).toBe(EINVAL);
    expect(wasi.poll_oneoff(PAGE - 47, EVENTS, 1, OUT)).toBe(EFAULT);
    expect(wasi.poll_oneoff(0, PAGE - 31, 1, OUT)).toBe(EFAULT);
    expect(wasi.poll_oneoff(0, EVENTS, 1, PAGE - 3)).toBe(EFAULT);
    guest.view.setUint8(8, 3);
    expect(wasi.poll_oneoff(0, EVENTS, 1, OUT)).toBe(EINVAL);
    guest.view.setUint8(8, 0);
    guest.view.setUint16(40, 2, true);
    expect(wasi.poll_oneoff(0, EVENTS, 1, OUT)).toBe(EINVAL);
  });
});
