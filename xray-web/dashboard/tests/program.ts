// The programs of `examples/`, recording into stores of their own and serving them.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { preview } from "vite";

const EXAMPLES = resolve(process.env.XRAY_EXAMPLES ?? "../../target/release/examples");
/** With it, the pages come from `dist/` as it is, rather than from those that the programs were built with. */
const PREVIEW = process.env.XRAY_PREVIEW !== undefined;

export type Program = { url: string; stop: () => Promise<void>; kill: () => Promise<void> };

/** Starts an example with a store of its own. It is ready when it answers. */
export async function start(example: string, ...options: string[]): Promise<Program> {
  const directory = mkdtempSync(join(tmpdir(), "xray-dashboard-"));
  const store = join(directory, "runs.redb");
  const child = spawn(join(EXAMPLES, example), ["--address", "127.0.0.1:0", "--store", store, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const api = await served(child);
  const pages = PREVIEW ? await previewed(api) : undefined;
  const end = async (signal: NodeJS.Signals) => {
    await pages?.close();
    const ended = new Promise((done) => child.once("exit", done));
    if (child.exitCode === null && child.kill(signal)) await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: pages?.url ?? api, stop: () => end("SIGINT"), kill: () => end("SIGKILL") };
}

/** Waits until the program says where it serves: the first loopback address that it prints. */
function served(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = "";
    const hear = (text: Buffer) => {
      said += text;
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
      if (url) done(url);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`ended with ${code}: ${said}`)));
  });
}

async function previewed(api: string) {
  process.env.XRAY_API = api;
  const server = await preview({ preview: { port: 0, strictPort: false }, logLevel: "error" });
  const url = server.resolvedUrls?.local[0]?.replace(/\/$/, "");
  if (!url) throw new Error("the preview does not say where it is");
  return { url, close: () => server.close() };
}
