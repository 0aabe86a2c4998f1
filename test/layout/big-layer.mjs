/** Saves and loads an image with a layer of 200 MB, and prints the most memory that the process has taken. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { openEngine } from "../../dist/index.js";

const [folder, module] = process.argv.slice(2);
const big = join(folder, "big");
const file = await open(big, "w");
await file.truncate(200e6);
await file.close();
const first = await openEngine({ root: join(folder, "first"), workers: 1 });
const files = { "/hello.wasm": { source: module }, "/big": { source: big } };
const image = await first.buildImage({ files, entrypoint: ["/hello.wasm"], reference: "big:1" });
const archive = join(folder, "big.tar");
const second = await openEngine({ root: join(folder, "second"), workers: 1 });
await first.saveImage(image, archive, { format: "docker-archive" });
const loaded = await second.loadImage(createReadStream(archive));
await second.saveImage(loaded, join(folder, "layout/"));
await first.close();
await second.close();
const maxBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ maxBytes, isSame: loaded.digest === image.digest }));
