import { pick, type Numbers } from "../seeded-numbers.js";

/** JSON as it is written: objects may repeat a key, and `__proto__` is a key like any other. */
export type Json =
  | { readonly kind: "raw"; text: string }
  | { readonly kind: "array"; items: Json[] }
  | { readonly kind: "object"; members: [key: string, value: Json][] };

const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "mediaType",
  "digest",
  "size",
  "config",
  "layers",
  "manifests",
  "rootfs",
  "diff_ids",
  "platform",
  "annotations",
  "artifactType",
  "Entrypoint",
  "Env",
  "Labels",
  "",
  "\u0000",
  "\ud800",
  "ключ",
];

const VALUES = [
  "null",
  "true",
  "[]",
  "{}",
  '""',
  "0",
  "-0",
  "-1",
  "1.5",
  "1e309",
  "-1e309",
  "1e-400",
  "9007199254740993",
  "18446744073709551616",
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"toString":null,"valueOf":null}',
  '"\\ud800"',
  '"\\u0000"',
  '"../../../etc/passwd"',
  '"sha256:"',
  '"sha512:ab"',
  '"sha256:__proto__"',
  '"application/vnd.oci.image.index.v1+json"',
  '"application/vnd.oci.image.layer.v1.tar+zstd"',
  '"application/vnd.docker.distribution.manifest.v1+json"',
  '"wasi"',
  '"\u202e\u200b"',
];

export function toJson(value: unknown): Json {
  if (Array.isArray(value)) return { kind: "array", items: value.map(toJson) };
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, item]): [string, Json] => [key, toJson(item)]);
    return { kind: "object", members };
  }
  return { kind: "raw", text: JSON.stringify(value) };
}

export function writeJson(json: Json): string {
  switch (json.kind) {
    case "raw":
      return json.text;
    case "array":
      return `[${json.items.map(writeJson).join(",")}]`;
    case "object":
      return `{${json.members.map(([key, value]) => `${JSON.stringify(key)}:${writeJson(value)}`).join(",")}}`;
  }
}

/** One to three changes of the document, and sometimes some of its bytes. */
export function mutatedJson(document: unknown, next: Numbers): Uint8Array {
  let json = toJson(document);
  for (let changes = next(3); changes >= 0; changes--) json = changed(json, next);
  const bytes = Buffer.from(writeJson(json));
  switch (next(16)) {
    case 0:
      if (bytes.length > 0) bytes[next(bytes.length)] = next(256);
      return bytes;
    case 1:
      return bytes.subarray(0, next(bytes.length + 1));
    case 2:
      return Buffer.concat([
        Buffer.from([[0xef, 0xbb, 0xbf], [0xff, 0xfe], [0]][next(3)] ?? []),
        bytes,
      ]);
    default:
      return bytes;
  }
}

function changed(json: Json, next: Numbers): Json {
  const all: Json[] = [];
  collect(json, all);
  const place = all[next(all.length)] ?? json;
  const other = all[next(all.length)] ?? json;
  if (place.kind === "object") changeMembers(place, other, next);
  else if (place.kind === "array") changeItems(place, other, next);
  else place.text = newText(place.text, next);
  return next(40) === 0 ? nested(json, next) : json;
}

function changeMembers(place: Json & { kind: "object" }, other: Json, next: Numbers): void {
  const { members } = place;
  const at = next(members.length + 1);
  const value: Json = next(4) === 0 ? copy(other) : { kind: "raw", text: pick(VALUES, next) };
  const key = members[at]?.[0] ?? "";
  switch (next(5)) {
    case 0:
      members.splice(at, 1);
      break;
    case 1:
      members.push([pick(KEYS, next), value]);
      break;
    case 2:
      // A key twice: which one counts?
      members.push([key, value]);
      break;
    case 3:
      if (at < members.length) members[at] = [pick(KEYS, next), members[at]?.[1] ?? value];
      break;
    default:
      if (at < members.length) members[at] = [key, value];
  }
}

function changeItems(place: Json & { kind: "array" }, other: Json, next: Numbers): void {
  const at = next(place.items.length + 1);
  const value: Json = next(2) === 0 ? copy(other) : { kind: "raw", text: pick(VALUES, next) };
  switch (next(4)) {
    case 0:
      place.items.splice(at, 1);
      break;
    case 1:
      place.items.splice(at, 0, value);
      break;
    case 2:
      for (let count = 1 << next(9); count > 0; count--) place.items.push(value);
      break;
    default:
      if (at < place.items.length) place.items[at] = value;
  }
}

function newText(text: string, next: Numbers): string {
  switch (next(5)) {
    case 0:
      return JSON.stringify("x".repeat(1 << next(14)));
    case 1:
      return text.slice(0, next(text.length + 1));
    case 2: {
      const at = next(text.length + 1);
      return text.slice(0, at) + String.fromCharCode(next(0x3000)) + text.slice(at + 1);
    }
    default:
      return pick(VALUES, next);
  }
}

function nested(json: Json, next: Numbers): Json {
  const depth = 1 << (4 + next(12));
  const [open, close] = next(2) === 0 ? ["[", "]"] : ['{"a":', "}"];
  return { kind: "raw", text: open.repeat(depth) + writeJson(json) + close.repeat(depth) };
}

function collect(json: Json, into: Json[]): void {
  into.push(json);
  if (json.kind === "array") for (const item of json.items) collect(item, into);
  if (json.kind === "object") for (const [, value] of json.members) collect(value, into);
}

/** A value in two places must not change in both, nor hold itself. */
function copy(json: Json): Json {
  return { kind: "raw", text: writeJson(json) };
}
