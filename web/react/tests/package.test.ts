// What is published: its size, what it needs, and that the one hook stands alone.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

async function minified(contents: string) {
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", write: false } as const;
  const stdin = { contents, resolveDir: `${root}src`, loader: "ts" } as const;
  const { outputFiles, metafile } = await build({ ...options, stdin, packages: "external", metafile: true });
  const { imports } = Object.values(metafile.outputs)[0]!;
  return { code: outputFiles[0]!.contents, needs: imports.map(({ path }) => path) };
}

test.each([
  ["all hooks", "index", 3 * 1024, ["@dockcast/client", "react"]],
  ["useWebSocket", "websocket", 1.25 * 1024, ["react"]],
] as const)("%s: what they need, and a bound in bytes, compressed", async (name, entry, most, needed) => {
  const { code, needs } = await minified(`export * from "./${entry}.js";`);
  const sizes = { brotli: brotliCompressSync(code).length, gzip: gzipSync(code, { level: 9 }).length };
  console.log(`${name}: ${code.length} bytes minified,`, sizes);
  expect(sizes.brotli).toBeLessThanOrEqual(most);
  expect(sizes.gzip).toBeLessThanOrEqual(most);
  expect([...new Set(needs)].sort()).toEqual(needed);
});

test("who takes that one alone from all of them, as they are built, takes no more", async () => {
  const alone = await minified('export { useWebSocket } from "../dist/websocket.js";');
  const picked = await minified('export { useWebSocket } from "../dist/index.js";');
  expect([picked.needs, picked.code.length]).toEqual([alone.needs, alone.code.length]);
});

test("nothing but its peers is needed at run time", () => {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as Record<string, unknown>;
  expect(manifest["dependencies"]).toBeUndefined();
  expect(manifest["sideEffects"]).toBe(false);
});
