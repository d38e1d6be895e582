import { defineConfig } from "vitest/config";

const patience = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } };
const large = "tests/large.browser.ts";

/** Tests in a real browser against real programs. Two files at a time: a browser and a program each keep a core busy. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "views",
          include: ["tests/**/*.browser.ts"],
          exclude: [large],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          ...patience,
        },
      },
      // After all others, alone: what it measures is to be the page's doing.
      { test: { name: "large", include: [large], fileParallelism: false, sequence: { groupOrder: 1 }, ...patience } },
    ],
  },
});
