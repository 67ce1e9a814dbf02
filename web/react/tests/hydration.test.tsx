// @vitest-environment happy-dom
import { act, cleanup } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import { DockcastProvider, useChannel, useConnection, useContainers, useLogs, useWebSocket } from "../src/index.js";
import { until, world } from "./world.js";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function Page(): ReactNode {
  const { kind } = useConnection();
  const { containers } = useContainers();
  const { items } = useLogs("web");
  const { messages } = useChannel("app:chat", { history: 2 });
  const { isConnected } = useWebSocket("ws://fake/ws/events");
  return [kind, containers?.length, items.length, messages.length, isConnected].join(" ");
}

test("what a server has rendered is taken over without a complaint, and then lives", async () => {
  const { fake, client } = world();
  vi.stubGlobal("WebSocket", fake.WebSocket);
  fake.log("web", "one");
  fake.say("app:chat", "hello");
  const tree = (
    <StrictMode>
      <DockcastProvider client={client}>
        <Page />
      </DockcastProvider>
    </StrictMode>
  );
  const root = document.createElement("div");
  root.innerHTML = renderToString(tree);
  expect(root.textContent).toBe("idle  0 0 false");
  client.containers(); // the client of a page may be busy before that
  await fake.settled();
  expect(client.state.kind).toBe("open");
  const complaint = vi.fn();
  const page = await act(async () => hydrateRoot(root, tree, { onRecoverableError: complaint }));
  await until(() => root.textContent === "open 0 2 1 true");
  expect(complaint).not.toHaveBeenCalled();
  act(() => page.unmount());
  client.close();
});
