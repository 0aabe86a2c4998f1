/** Longest number of a record's length field, in digits: a header has at most 1 MiB. */
const MAX_LENGTH_DIGITS = 7;

const SPACE = 0x20;
const NEWLINE = 0x0a;
const UTF_8_CHARSET = "ISO-IR 10646 2000 UTF-8";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads the records of a PAX header, `<length> <key>=<value>\n` (POSIX.1-2017, pax, "Extended Header"),
 * and refuses what would change how the archive is read: sparse files and other character sets.
 *
 * @param reject - makes the error from a sentence about the header.
 */
export function readPaxRecords(
  bytes: Uint8Array,
  reject: (problem: string) => Error,
): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.byteLength) {
    const space = bytes.indexOf(SPACE, at);
    const digits = Buffer.from(bytes.subarray(at, space)).toString("latin1");
    if (space < 0 || digits.length > MAX_LENGTH_DIGITS || !/^[1-9][0-9]*$/.test(digits)) {
      throw reject("a PAX record has no length");
    }
    const end = at + Number(digits);
    if (end > bytes.byteLength || end < space + 2 || bytes[end - 1] !== NEWLINE) {
      throw reject("a PAX record has a wrong length");
    }
    const text = decode(bytes.subarray(space + 1, end - 1), reject);
    const equals = text.indexOf("=");
    if (equals < 1) throw reject("a PAX record has no key");
    addRecord(records, text.slice(0, equals), text.slice(equals + 1), reject);
    at = end;
  }
  return records;
}

function addRecord(
  records: Map<string, string>,
  key: string,
  value: string,
  reject: (problem: string) => Error,
): void {
  if (key.startsWith("GNU.sparse.")) throw reject("sparse files are not supported");
  if (key === "hdrcharset" && value !== UTF_8_CHARSET) throw reject("names are not in UTF-8");
  const isSize = key === "size";
  if (isSize && (!/^[0-9]{1,16}$/.test(value) || !Number.isSafeInteger(Number(value)))) {
    throw reject("a PAX record has a wrong size");
  }
  if ((key === "path" || key === "linkpath") && value.includes("\0")) {
    throw reject("a PAX record has a NUL in a name");
  }
  records.set(key, value);
}

function decode(bytes: Uint8Array, reject: (problem: string) => Error): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw reject("a PAX record is not UTF-8");
  }
}
