import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";

/** Contents of a file: bytes, or text in UTF-8; or where a symbolic link points. */
export type FixtureFile = Uint8Array | string | { readonly symlink: string };

/** Files by absolute path in the image, such as `/bin/hello.wasm`; parent directories come by themselves. */
export type FixtureFiles = Readonly<Record<string, FixtureFile>>;

/** Files of an image are as old as the epoch, so that equal files make equal digests. */
const MTIME = new Date(0);

/** An uncompressed tar layer with these files, the same bytes each time. */
export async function tarLayer(files: FixtureFiles): Promise<Uint8Array> {
  const tar = pack();
  // Read while it is written: a pack with nobody reading stops at its first full buffer.
  const bytes = buffer(tar);
  const directories = new Set<string>();
  for (const [path, file] of Object.entries(files)) {
    const name = path.replace(/^\/+/, "");
    for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) {
      const directory = name.slice(0, at + 1);
      if (directories.has(directory)) continue;
      directories.add(directory);
      tar.entry({ name: directory, type: "directory", mode: 0o755, mtime: MTIME });
    }
    if (typeof file === "object" && "symlink" in file) {
      tar.entry({ name, type: "symlink", linkname: file.symlink, mode: 0o777, mtime: MTIME });
    } else {
      tar.entry({ name, mode: 0o755, mtime: MTIME }, Buffer.from(file));
    }
  }
  tar.finalize();
  return bytes;
}
