import { EBADF, EINVAL, ENOTSOCK } from "../../fs/errno.js";
import type { Caller } from "./caller.js";
import { FDFLAGS_ALL } from "./layout.js";

const RIFLAGS_ALL = 3;
const SDFLAGS_ALL = 3;

/** No socket is ever granted in preview 1: each open descriptor is something else. */
export function sockFunctions(caller: Caller) {
  const refuse = (call: string, fd: number, flagsKnown: boolean): number => {
    const process = caller.enter();
    if (!flagsKnown) return EINVAL;
    const open = process.descriptors.get(fd >>> 0);
    return process.deny("sockets", call, open === undefined ? EBADF : ENOTSOCK);
  };
  return {
    sock_accept(fd: number, flags: number, _out: number): number {
      return refuse("sock_accept", fd, flags >>> 0 <= FDFLAGS_ALL);
    },
    sock_recv(
      fd: number,
      _iovs: number,
      _count: number,
      flags: number,
      _size: number,
      _outFlags: number,
    ): number {
      return refuse("sock_recv", fd, flags >>> 0 <= RIFLAGS_ALL);
    },
    sock_send(fd: number, _iovs: number, _count: number, _flags: number, _size: number): number {
      return refuse("sock_send", fd, true);
    },
    sock_shutdown(fd: number, how: number): number {
      return refuse("sock_shutdown", fd, how >>> 0 <= SDFLAGS_ALL);
    },
  };
}
