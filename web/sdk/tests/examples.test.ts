// Every example of the README and of the sources is run, as it stands there, against the fake server.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { expect, test } from "vitest";
import * as api from "../src/index.js";
import * as tabs from "../src/tabs.js";
import * as testing from "../src/testing.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
const examples = ["README.md", ...sources.map((path) => `src/${path}`)].flatMap((path) => {
  const text = readFileSync(root + path, "utf8").replace(/^ \* ?/gm, "");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((found, n): [string, string] => [`${path} ${n}`, found[1]!]);
});

test("there are examples", () => expect(examples.length).toBeGreaterThan(5));

test.each(examples)("%s", async (_name, source) => {
  const fake = new testing.FakeServer({ containers: { web: "4f1c" } });
  fake.log("web", "one", "two", "three");
  const refusal = { code: "not_found" as const, message: "No such container", retry: false };
  fake.verdict = ({ channel }) => (channel === "container:logs:no-such-container" ? refusal : undefined);
  const made: api.Dockcast[] = [];
  class Dockcast extends api.Dockcast {
    constructor(options: api.DockcastOptions) {
      super({ WebSocket: fake.WebSocket, ...options });
      made.push(this);
    }
  }
  const said: unknown[][] = [];
  const world = {
    ...api,
    ...testing,
    Dockcast,
    sharedAcrossTabs(options: api.DockcastOptions) {
      return tabs.sharedAcrossTabs({ WebSocket: fake.WebSocket, ...options });
    },
    client: new Dockcast({ url: "ws://fake" }),
    console: { log: (...words: unknown[]) => said.push(words) },
    localStorage: { setItem: () => {} },
  };
  const names = Object.keys(world).filter((name) => !new RegExp(`^const ${name}\\b`, "m").test(source));
  const { code } = await transform(`(async () => {${source.replace(/^import .*$/gm, "")}})()`, { loader: "ts" });
  const run = new Function(...names, `return ${code}`);
  await run(...names.map((name) => world[name as keyof typeof world]));
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const each of made) each.close();
  expect(said.length).toBeGreaterThan(0);
});
