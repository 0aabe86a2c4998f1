// Serves the component at argv[2] through container.fetch, on a port that it prints.
// usage: serve-component.mjs COMPONENT STORE [reuse]
import { createServer } from "node:http";
import { openEngine, toNodeHandler } from "safedock";

const [component, root, reuse] = process.argv.slice(2);
const engine = await openEngine({ root });
const image = await engine.loadImage(component);
const container = await engine.createContainer(image, { http: { reuse: reuse === "reuse" } });
const server = createServer(toNodeHandler(container));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
