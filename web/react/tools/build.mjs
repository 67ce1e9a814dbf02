// Builds dist/: a module for each of src/, so that a page takes what it uses and no more, and the types beside them.
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = process.argv[2] ?? `${root}dist`;
rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: readdirSync(`${root}src`).map((name) => `src/${name}`),
  outdir,
  format: "esm",
  target: "es2022",
  sourcemap: true,
});
const types = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration", "--stripInternal", "--rootDir", "src"];
execFileSync("npx", ["tsc", "-p", "tools/build.json", ...types, "--outDir", outdir], { cwd: root, stdio: "inherit" });
