import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** What the pages are developed against: the program that serves the API. */
const api = process.env.XRAY_API ?? "http://127.0.0.1:7878";
const proxied = Object.fromEntries(
  // The server changes nothing for a page of another origin than the host that it is asked as.
  ["/api", "/health", "/metrics", "/reference"].map((path) => [path, { target: api, changeOrigin: false }]),
);

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
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What most views need is one file that is loaded with the page, rather than dozens that each view asks for.
          groups: [{ name: "shared", test: /src\/(api|parts|text|query|shell)\/|node_modules/, minShareCount: 4 }],
        },
      },
    },
  },
  worker: { format: "es" },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
