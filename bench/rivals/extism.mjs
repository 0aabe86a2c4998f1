// @extism/extism: in-thread, a fresh plugin of a module that is compiled once.
import { createPlugin } from "@extism/extism";

export function extism(module) {
  return {
    name: "extism",
    async run() {
      const plugin = await createPlugin({ wasm: [{ module }] }, { useWasi: true });
      try {
        await plugin.call("_start");
      } finally {
        await plugin.close();
      }
      return 0;
    },
    close() {},
  };
}
