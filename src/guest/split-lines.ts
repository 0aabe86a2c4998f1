const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Splits bytes into lines of at most `maxLineBytes`; see `GuestReadable.lines`. */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<string, void, undefined> {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    while (from < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, from);
      const end = newline === -1 ? chunk.length : newline;
      let until = Math.min(end, from + maxLineBytes - keptBytes);
      if (until < end) until = from + characterEnd(chunk, from, until);
      kept.push(chunk.subarray(from, until));
      keptBytes += until - from;
      from = until;
      if (newline === until) {
        from++;
        yield decodeLine(kept, keptBytes);
      } else if (keptBytes >= maxLineBytes || until < end) {
        yield Buffer.concat(kept, keptBytes).toString("utf8");
      } else {
        continue;
      }
      kept = [];
      keptBytes = 0;
    }
  }
  if (keptBytes > 0) yield Buffer.concat(kept, keptBytes).toString("utf8");
}

/** Moves a cut back by at most 3 bytes, to where a UTF-8 sequence begins. */
function characterEnd(chunk: Buffer, from: number, until: number): number {
  for (let back = 0; back < 4 && until - back > from; back++) {
    const byte = chunk[until - back] ?? 0;
    if ((byte & 0xc0) !== 0x80) return until - back - from;
  }
  return until - from;
}

function decodeLine(kept: readonly Buffer[], bytes: number): string {
  const line = kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept, bytes);
  const end = line[line.length - 1] === RETURN ? line.length - 1 : line.length;
  return line.toString("utf8", 0, end);
}
