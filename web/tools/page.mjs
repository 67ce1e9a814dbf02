// Makes web/page/dockcast.js, the client in one file, which dockcast gives away beside its page. It is committed, so
// that the binary is built without Node.
//
//   node tools/page.mjs [--check]     after `npm run build`; --check: fails where what is committed is not that
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = `${root}page/dockcast.js`;
const contents = 'export * from "./index.js"; export * from "./tabs.js";';
const made = await build({
  stdin: { contents, resolveDir: `${root}sdk/dist` },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
  banner: { js: "// @dockcast/client. Made by web/tools/page.mjs." },
});
const text = made.outputFiles[0].text;
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  console.error("web/page/dockcast.js is not what web/sdk makes: npm --prefix web run page");
  process.exit(1);
}
