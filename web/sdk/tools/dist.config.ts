// The tests of what applications see, once more with what is published: minified, and with short names inside.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
const alias = [{ find: /^\.\.\/src\/(index|tabs|testing)\.js$/, replacement: `${root}dist/$1.js` }];

export default defineConfig({
  root,
  cacheDir: `${root}../node_modules/.vite`,
  resolve: { alias },
  test: { include: ["tests/{client,examples,tabs,tabs.property}.test.ts"], testTimeout: 60_000 },
});
