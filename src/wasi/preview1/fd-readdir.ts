/**
 * Directory entries. A cookie counts entries: 0 is ".", 1 is "..", then the list. The list is taken
 * when a guest reads from cookie 0 and kept with the descriptor, so that a program which removes what
 * it reads neither skips nor repeats an entry.
 *
 *     d_next u64 0   d_ino u64 8   d_namlen u32 16   d_type u8 20   name 24
 */
import { EBADF, EFAULT } from "../../fs/errno.js";
import { FILETYPE_DIRECTORY } from "../../fs/node.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY } from "./descriptor.js";
import type { GuestMemory } from "../guest-memory.js";
import { ENCODER } from "../guest-string.js";
import { DIRENT_BYTES } from "./layout.js";

/** "." and "..". */
const SELF_ENTRIES = 2;

export function fdReaddirFunctions(caller: Caller) {
  const { memory, stat } = caller;
  const scratch = new Uint8Array(DIRENT_BYTES);
  const record = new DataView(scratch.buffer);

  /** Writes as much of one entry as fits; the bytes written. */
  function put(
    into: GuestMemory,
    address: number,
    room: number,
    next: number,
    ino: bigint,
    type: number,
    name: string,
  ): number {
    const encoded = ENCODER.encode(name);
    record.setUint32(0, next, true);
    record.setBigUint64(8, ino, true);
    record.setUint32(16, encoded.length, true);
    record.setUint32(20, type, true);
    if (room <= DIRENT_BYTES) {
      into.bytes.set(scratch.subarray(0, room), address);
      return room;
    }
    into.bytes.set(scratch, address);
    const length = Math.min(encoded.length, room - DIRENT_BYTES);
    into.bytes.set(encoded.subarray(0, length), address + DIRENT_BYTES);
    return DIRENT_BYTES + length;
  }

  return {
    fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open?.kind !== KIND_DIRECTORY) return EBADF;
      const start = buffer >>> 0;
      const size = length >>> 0;
      if (!memory.holds(start, size) || !memory.holds(out >>> 0, 4)) return EFAULT;

      let { entries } = open;
      if (entries === undefined || cookie === 0n) {
        const answer = open.location.directory.list();
        if (typeof answer === "number") return -answer;
        entries = answer;
        process.lists.keep(open, entries);
      }
      let used = 0;
      const count = entries.length + SELF_ENTRIES;
      let index = cookie < 0n || cookie > count ? count : Number(cookie);
      if (index < SELF_ENTRIES) {
        const answer = open.location.directory.stat(stat);
        if (answer < 0) return -answer;
      }
      for (; index < count && used < size; index++) {
        const at = start + used;
        if (index < SELF_ENTRIES) {
          const name = index === 0 ? "." : "..";
          used += put(memory, at, size - used, index + 1, stat.ino, FILETYPE_DIRECTORY, name);
          continue;
        }
        const entry = entries[index - SELF_ENTRIES];
        if (entry === undefined) break;
        used += put(memory, at, size - used, index + 1, entry.ino, entry.type, entry.name);
      }
      memory.view.setUint32(out >>> 0, used, true);
      return 0;
    },
  };
}
