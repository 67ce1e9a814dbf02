// Builds dist/, or the folder that is named: two pages. In web/: `npm run example -w @dockcast/react`.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const web = fileURLToPath(new URL("../../web/", import.meta.url));
const { build } = createRequire(`${web}package.json`)("esbuild");

const outdir = process.argv[2] ?? `${here}dist`;
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
for (const page of ["index.html", "old.html", "page.css"]) cpSync(here + page, `${outdir}/${page}`);
await build({
  absWorkingDir: here,
  entryPoints: ["app.tsx", "old.tsx"],
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  sourcemap: true,
  define: { "process.env.NODE_ENV": '"production"' },
  nodePaths: [`${web}node_modules`],
  alias: {
    "@dockcast/react/websocket": `${web}react/src/websocket.ts`,
    "@dockcast/react": `${web}react/src/index.ts`,
    "@dockcast/client": `${web}sdk/src/index.ts`,
  },
});
