/** What a memory filesystem may hold, and how much of it is in use. */
export class MemoryQuota {
  readonly maxBytes: number;
  readonly maxFiles: number;
  bytes = 0;
  files = 0;

  constructor(maxBytes: number, maxFiles: number) {
    this.maxBytes = maxBytes;
    this.maxFiles = maxFiles;
  }

  /** Takes as many bytes as there are, up to `wanted`; 0 if that is fewer than `least`. */
  takeBytes(least: number, wanted: number): number {
    const free = this.maxBytes - this.bytes;
    if (free < least || free <= 0) return 0;
    const taken = Math.min(free, wanted);
    this.bytes += taken;
    return taken;
  }

  giveBytes(count: number): void {
    this.bytes -= count;
  }

  takeFile(): boolean {
    if (this.files >= this.maxFiles) return false;
    this.files++;
    return true;
  }

  giveFile(): void {
    this.files--;
  }
}
