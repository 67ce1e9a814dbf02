// Builds dist/: one module for each export, what they share in chunks, and the types beside them.
//
// It is minified already, as applications' bundlers leave the names of properties alone. Those in internal-names.json
// nobody else has (tests/names.test.ts), so they are shortened; in all modules alike, since one build makes them all.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = process.argv[2] ?? `${root}dist`;
const internal = JSON.parse(readFileSync(`${root}tools/internal-names.json`, "utf8"));
rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ["src/index.ts", "src/tabs.ts", "src/testing.ts"],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  mangleProps: new RegExp(`^(${internal.join("|")})$`),
  sourcemap: true,
});
const types = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration", "--stripInternal", "--rootDir", "src"];
execFileSync("npx", ["tsc", "-p", "tools/build.json", ...types, "--outDir", outdir], { cwd: root, stdio: "inherit" });
