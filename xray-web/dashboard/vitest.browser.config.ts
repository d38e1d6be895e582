import { defineConfig } from "vitest/config";

/** Tests in a real browser against real programs: one file at a time, they share the machine with both. */
export default defineConfig({
  test: {
    include: ["tests/**/*.browser.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
