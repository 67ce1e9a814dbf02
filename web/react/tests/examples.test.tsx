// @vitest-environment happy-dom
// Every example of the README and of the sources is rendered, as it stands there, against the fake server.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cleanup, fireEvent, render } from "@testing-library/react";
import { transform } from "esbuild";
import * as React from "react";
import * as jsx from "react/jsx-runtime";
import { afterEach, expect, test, vi } from "vitest";
import * as api from "../src/index.js";
import { frames, until, world } from "./world.js";

const root = join(import.meta.dirname, "../");
const files = ["README.md", ...readdirSync(`${root}src`).map((name) => `src/${name}`)];
const examples = files.flatMap((path) => {
  const text = readFileSync(root + path, "utf8").replace(/^ \* ?/gm, "");
  return [...text.matchAll(/^```tsx\n(.*?)^```$/gms)].map(([, code]): [string, string] => {
    const name = [...code!.matchAll(/export function (\w+)/g)].at(-1)![1]!;
    return [`${path}: ${name}`, code!];
  });
});

/** What a page shows once each of them has had something to show. */
const shows: Record<string, RegExp> = {
  "README.md: App": /web: Up 2 hours.*one.*two.*live/s,
  "README.md: Page": /line 1/,
  "src/websocket.ts: Tail": /line 1/,
  "src/provider.ts: App": /can use the hooks/,
  "src/provider.ts: Deploy": /Deploy/,
  "src/provider.ts: Connection": /open/,
  "src/docker.ts: Log": /one.*two.*live/s,
  "src/docker.ts: Events": /start/,
  "src/docker.ts: Containers": /web: Up 2 hours/,
  "src/docker.ts: Usage": /12\.5 % CPU/,
  "src/channel.ts: Chat": /Hello\./,
  "src/channel.ts: Present": /1 here/,
};

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("all of them are known", () => expect(examples.map(([name]) => name).sort()).toEqual(Object.keys(shows).sort()));

test("every hook and component has one", () => {
  const used = examples.map(([, code]) => code).join();
  for (const name of Object.keys(api)) expect(used, name).toMatch(new RegExp(`\\b${name}\\b`));
});

test.each(examples)("%s", async (name, source) => {
  const { fake, client, wrapper } = world();
  vi.stubGlobal("WebSocket", fake.WebSocket);
  fake.log("web", "one", "two");
  fake.container("4f1c", { id: "4f1c", name: "web", status: "Up 2 hours", labels: {} } as never);
  fake.say("app:chat", { text: "Hello." });
  const { code } = await transform(source, { loader: "tsx", format: "cjs", jsx: "automatic" });
  const modules: Record<string, object> = { react: React, "react/jsx-runtime": jsx, "@dockcast/react": api };
  const exported: Record<string, React.ComponentType<{ container: string }>> = {};
  const names = Object.entries({ ...React, ...api }).filter(([key]) => /^use|^Dockcast/.test(key));
  const needs = names.filter(([key]) => !new RegExp(`import .*\\b${key}\\b`).test(source));
  const run = new Function("require", "module", ...needs.map(([key]) => key), code);
  run((path: string) => modules[path], { set exports(made: object) { Object.assign(exported, made); } },
    ...needs.map(([, value]) => value));
  const Example = exported[name.split(": ")[1]!]!;
  const { container } = render(<Example container="web" />, { wrapper });
  await frames();
  fake.event({ Action: "start" });
  fake.tell("container:stats:web", { type: "stats", time: "t", cpu_percent: 12.5 });
  if (/Tail|Page/.test(name)) {
    await until(() => fake.connections.length > 0);
    fake.connections[0]!.send({ type: "log", channel: "c", position: "p1.1", data: "line 1" });
  }
  if (/Connection/.test(name)) client.stats("web");
  await until(() => shows[name]!.test(container.innerHTML));
  for (const button of container.querySelectorAll("button")) fireEvent.click(button);
  await frames();
  client.close();
});
