// What is published, as an application's bundler takes it from dist/: its size, and what it needs.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

async function bundled(entry: string, ignoreAnnotations = false): Promise<Uint8Array> {
  const target = { format: "esm", target: "es2022" } as const;
  const options = { ...target, ignoreAnnotations, bundle: true, minify: true, write: false } as const;
  const stdin = { contents: entry, resolveDir: `${root}dist` } as const;
  return (await build({ ...options, stdin })).outputFiles[0]!.contents;
}

test.each([
  ["core", 'export { Dockcast, DockcastError } from "./index.js";', 8 * 1024, 9 * 1024],
  ["core and tabs", 'export { sharedAcrossTabs } from "./tabs.js";', 10 * 1024, 11 * 1024],
])("the %s has a bound in bytes, compressed", async (name, entry, brotliMax, gzipMax) => {
  const code = await bundled(entry);
  const [brotli, gzip] = [brotliCompressSync(code).length, gzipSync(code, { level: 9 }).length];
  console.log(`${name}: ${code.length} bytes minified, ${brotli} with brotli, ${gzip} with gzip`);
  expect(brotli).toBeLessThanOrEqual(brotliMax);
  expect(gzip).toBeLessThanOrEqual(gzipMax);
});

test("what is not used is not there, whatever package.json says of side effects", async () => {
  const code = await bundled('import "./index.js"; import "./tabs.js"; import "./testing.js";', true);
  expect(new TextDecoder().decode(code).trim()).toBe("");
});

test("nothing is needed at run time", () => {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as Record<string, unknown>;
  expect(manifest["dependencies"] ?? {}).toEqual({});
  expect(manifest["sideEffects"]).toBe(false);
});
