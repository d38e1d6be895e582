import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** What the pages are developed against: the program that serves the API. */
const api = process.env.XRAY_API ?? "http://127.0.0.1:7878";
/** With the `Host` that the browser said: changes are refused where it is not that of the page. */
const target = { target: api, changeOrigin: false };
const proxied = Object.fromEntries(["/api", "/health", "/metrics", "/reference"].map((path) => [path, target]));

/** As the server says it (`router.rs`), but for what the development server needs. */
const policy =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

export default defineConfig({
  plugins: [react()],
  server: { host: "127.0.0.1", proxy: proxied },
  preview: { host: "127.0.0.1", proxy: proxied, headers: { "Content-Security-Policy": policy } },
  build: {
    target: "es2023",
    // No file may become a `data:` address: the policy does not allow them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
