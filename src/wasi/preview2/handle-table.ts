/**
 * jco's handle tables, one for each type of resource and component instance, as its generated code and
 * host functions share them. Two numbers for each handle:
 *
 *     table[0]               the first free handle, with FREE
 *     table[2 * handle]      the scope that a borrowed handle belongs to; with FREE: the next free handle
 *     table[2 * handle + 1]  the resource's rep, with OWN if the handle owns it
 */
import type { ResourceType } from "./resource.js";

const FREE = 1 << 30;
const OWN = 1 << 30;

/** The type of resource that a table holds, once it is known. */
const TYPE = Symbol("type");

export interface HandleTable extends Array<number> {
  [TYPE]?: ResourceType;
}

/** The rep that a handle leads to; 0 if it leads nowhere. */
export function repOf(table: HandleTable, handle: number): number {
  const at = (handle >>> 0) * 2;
  const scope = table[at];
  if (scope === undefined || (scope & FREE) !== 0) return 0;
  return (table[at + 1] ?? 0) & ~OWN;
}

/** A new handle that owns the resource. */
export function giveHandle(table: HandleTable, rep: number): number {
  const free = (table[0] ?? 0) & ~FREE;
  if (free === 0) return table.push(0, rep | OWN) / 2 - 1;
  table[0] = table[free * 2] ?? FREE;
  table[free * 2] = 0;
  table[free * 2 + 1] = rep | OWN;
  return free;
}

export function typeOf(table: HandleTable): ResourceType | undefined {
  return table[TYPE];
}

export function setType(table: HandleTable, type: ResourceType): void {
  table[TYPE] = type;
}

/** Takes a handle that owns its resource out of the table: its rep; 0 if it is none, or borrowed. */
export function removeHandle(table: HandleTable, handle: number): number {
  const rep = repOf(table, handle);
  const at = (handle >>> 0) * 2;
  if (rep === 0 || table[at] !== 0 || ((table[at + 1] ?? 0) & OWN) === 0) return 0;
  table[at] = (table[0] ?? 0) | FREE;
  table[0] = (handle >>> 0) | FREE;
  return rep;
}
