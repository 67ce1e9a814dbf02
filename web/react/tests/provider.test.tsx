// @vitest-environment happy-dom
import { Dockcast, type ClientState, type TokenReason } from "@dockcast/client";
import { FakeServer } from "@dockcast/client/testing";
import { act, cleanup, render } from "@testing-library/react";
import { Activity, StrictMode, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DockcastProvider, useConnection, useDockcast, useLogs } from "../src/index.js";
import { until } from "./world.js";

let fake: FakeServer;
let urls: string[];
beforeEach(() => {
  fake = new FakeServer();
  urls = [];
  const { WebSocket } = fake;
  vi.stubGlobal("WebSocket", class extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      urls.push(url);
    }
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

let state: ClientState;
let client: Dockcast;
function Page({ wants = true }): ReactNode {
  state = useConnection();
  client = useDockcast();
  useLogs(wants ? "web" : null);
  return state.kind;
}

test("StrictMode makes one client and one connection, which end with the page", async () => {
  const tree = (wants: boolean) => (
    <StrictMode>
      <DockcastProvider url="http://fake/base">
        <Page wants={wants} />
      </DockcastProvider>
    </StrictMode>
  );
  const page = render(tree(false));
  const first = client;
  await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
  expect(state).toEqual({ kind: "idle" });
  expect(urls, "nothing is wanted yet").toEqual([]);
  page.rerender(tree(true));
  await until(() => state.kind === "open");
  expect(urls).toEqual(["ws://fake/base/ws"]);
  expect(client).toBe(first);
  page.unmount();
  await until(() => first.state.kind === "closed");
  expect(fake.connections).toEqual([]);
});

test("another url is another client, and what is below follows it", async () => {
  const tree = (url: string) => (
    <DockcastProvider url={url}>
      <Page />
    </DockcastProvider>
  );
  const page = render(tree("http://one"));
  await until(() => state.kind === "open");
  const first = client;
  page.rerender(tree("http://two"));
  await until(() => state.kind === "open" && urls.length === 2);
  expect(client).not.toBe(first);
  await until(() => first.state.kind === "closed");
  expect(fake.connections).toHaveLength(1);
});

test("the newest getToken is asked, and a function that is made anew changes nothing", async () => {
  fake.tokens = new Set(["right"]);
  const reasons: TokenReason[] = [];
  const tree = (token: string) => (
    <DockcastProvider url="http://fake" getToken={(why) => (reasons.push(why), token)}>
      <Page />
    </DockcastProvider>
  );
  const page = render(tree("wrong"));
  page.rerender(tree("right"));
  await until(() => state.kind === "open");
  expect(reasons).toEqual(["first", "refused"]);
  const first = client;
  page.rerender(tree("another"));
  expect(client).toBe(first);
});

test("a client that was given is left open", async () => {
  const own = new Dockcast({ url: "http://fake" });
  const page = render(
    <DockcastProvider client={own}>
      <Page />
    </DockcastProvider>,
  );
  await until(() => state.kind === "open");
  expect(client).toBe(own);
  page.unmount();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(own.state.kind).toBe("open");
  act(() => own.close());
});

test("a page that is hidden is closed, and has a client again when it is shown", async () => {
  const tree = (mode: "visible" | "hidden") => (
    <Activity mode={mode}>
      <DockcastProvider url="http://fake">
        <Page />
      </DockcastProvider>
    </Activity>
  );
  const page = render(tree("visible"));
  await until(() => state.kind === "open");
  page.rerender(tree("hidden"));
  await until(() => fake.connections.length === 0);
  page.rerender(tree("visible"));
  await until(() => state.kind === "open");
  expect(client.state.kind).toBe("open");
});

test("the state of the connection is told as it changes", async () => {
  const seen: string[] = [];
  function Seen(): ReactNode {
    seen.push(useConnection().kind);
    useLogs("web");
    return null;
  }
  render(
    <DockcastProvider url="http://fake">
      <Seen />
    </DockcastProvider>,
  );
  await until(() => seen.at(-1) === "open");
  fake.accepts = false;
  act(() => fake.closeAll(4100));
  await until(() => seen.at(-1) === "waiting");
  act(() => fake.closeAll(4004));
  expect(seen.slice(0, 1)).toEqual(["idle"]);
});

test("without a provider it is said what is missing", () => {
  expect(() => renderToString(<Page />)).toThrow(/No <DockcastProvider>/);
});

test("on a server nothing is connected", () => {
  const html = renderToString(
    <DockcastProvider>
      <Page />
    </DockcastProvider>,
  );
  expect(html).toBe("idle");
  expect(urls).toEqual([]);
});
