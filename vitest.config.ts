import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const dist = (path: string) => fileURLToPath(new URL(`./dist/${path}`, import.meta.url));

export default defineConfig({
  // What starts workers runs from dist/, as it ships; the rest is tested from src/.
  resolve: {
    alias: [
      { find: /^safedock$/, replacement: dist("index.js") },
      { find: /^safedock\/testing$/, replacement: dist("testing/index.js") },
    ],
  },
  esbuild: { target: "es2022" },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    globalSetup: ["test/support/temporary-folder.ts"],
    setupFiles: ["test/support/leaks.ts"],
    testTimeout: 30_000,
    // A hook may have to install Debian packages first.
    hookTimeout: 330_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
