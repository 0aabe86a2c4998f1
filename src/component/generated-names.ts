/** How jco names things of a component in the code that it generates. */

/** `get-http-url` as `getHttpUrl`; words may be in capitals. */
export function camelCase(name: string): string {
  return name
    .split("-")
    .map((word, index) => (index === 0 ? word.toLowerCase() : capitalized(word)))
    .join("");
}

/** `blob-store` as `BlobStore`: of a resource, its class. */
export function pascalCase(name: string): string {
  return name.split("-").map(capitalized).join("");
}

/** `wasi:io/streams@0.2.0` as `wasi:io/streams`. */
export function withoutVersion(name: string): string {
  const at = name.indexOf("@");
  return at === -1 ? name : name.slice(0, at);
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}
