/** `descriptor-type` of WASI 0.2: its cases in their order, and the file types of the kernel that they are. */
import {
  FILETYPE_BLOCK_DEVICE,
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SOCKET_STREAM,
  FILETYPE_SYMBOLIC_LINK,
  type FileType,
} from "../../../fs/node.js";

const NAMES = [
  "unknown",
  "block-device",
  "character-device",
  "directory",
  "fifo",
  "symbolic-link",
  "regular-file",
  "socket",
] as const;

export type DescriptorTypeName = (typeof NAMES)[number];

/** The kernel's other kind of socket, of datagrams. */
const FILETYPE_SOCKET_DGRAM = 5;

const NUMBERS = new Uint8Array(FILETYPE_SYMBOLIC_LINK + 1);
NUMBERS[FILETYPE_BLOCK_DEVICE] = 1;
NUMBERS[FILETYPE_CHARACTER_DEVICE] = 2;
NUMBERS[FILETYPE_DIRECTORY] = 3;
NUMBERS[FILETYPE_SYMBOLIC_LINK] = 5;
NUMBERS[FILETYPE_REGULAR_FILE] = 6;
NUMBERS[FILETYPE_SOCKET_DGRAM] = 7;
NUMBERS[FILETYPE_SOCKET_STREAM] = 7;

export function descriptorType(type: FileType): number {
  return NUMBERS[type] ?? 0;
}

export function descriptorTypeName(type: FileType): DescriptorTypeName {
  return NAMES[descriptorType(type)] ?? "unknown";
}
