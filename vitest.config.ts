import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const dist = (path: string) => fileURLToPath(new URL(`./dist/${path}`, import.meta.url));

export default defineConfig({
  // What starts workers runs from dist/, as it ships; the rest is tested from src/.
  resolve: {
    alias: [
      { find: /^safedock$/, replacement: dist("index.js") },
      { find: /^safedock\/oci$/, replacement: dist("client/index.js") },
      { find: /^safedock\/testing$/, replacement: dist("testing/index.js") },
    ],
  },
  esbuild: { target: "es2022" },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    globalSetup: ["test/support/temporary-folder.ts"],
    setupFiles: ["test/support/leaks.ts"],
    // No test reads the logins of whoever runs it, nor goes through their proxy.
    env: {
      REGISTRY_AUTH_FILE: fileURLToPath(new URL("./test/support/no-logins.json", import.meta.url)),
      ...{ HTTPS_PROXY: "", HTTP_PROXY: "", https_proxy: "", http_proxy: "" },
    },
    testTimeout: 30_000,
    // A hook may have to install Debian packages first.
    hookTimeout: 330_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
