// Builds dist/: one module for each export, what they share in chunks, and the types beside them.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = process.argv[2] ?? `${root}dist`;
rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ["src/index.ts", "src/websocket.ts"],
  outdir,
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  target: "es2022",
  sourcemap: true,
});
const types = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration", "--stripInternal", "--rootDir", "src"];
execFileSync("npx", ["tsc", "-p", "tools/build.json", ...types, "--outDir", outdir], { cwd: root, stdio: "inherit" });
