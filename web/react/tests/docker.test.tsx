// @vitest-environment happy-dom
import type { LogItem } from "@dockcast/client";
import { act, cleanup, render } from "@testing-library/react";
import { Activity, StrictMode, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DockcastProvider, useContainers, useEvents, useLogs, useStats } from "../src/index.js";
import { frames, until, world } from "./world.js";

let w: ReturnType<typeof world>;
beforeEach(() => void (w = world()));
afterEach(async () => {
  cleanup();
  await until(() => w.fake.connections.length === 0); // nothing is wanted any more
  w.client.close();
});

const texts = (items: readonly LogItem[]) =>
  items.map((item) => (item.kind === "line" ? item.text : item.kind === "gap" ? `gap ${item.reason}` : item.state));

describe("useLogs", () => {
  const logs = (options?: Parameters<typeof useLogs>[1]) =>
    w.shown(({ name }: { name: string | null }) => useLogs(name, options), { name: "web" as string | null });

  test("shows what was and what comes, over one subscription that ends with the component", async () => {
    w.fake.log("web", "one", "two");
    const { now, unmount } = await logs();
    expect(texts(now().items)).toEqual(["one", "two", "live"]);
    expect(now()).toMatchObject({ first: 0, state: { kind: "live" } });
    w.fake.log("web", "three");
    await frames();
    expect(texts(now().items)).toEqual(["one", "two", "live", "three"]);
    expect(w.asked()).toEqual(["subscribe container:logs:web"]);
    unmount();
    await act(async () => {});
    expect(w.asked()[1]).toMatch(/^unsubscribe/);
  });

  test("where it is connected already, StrictMode subscribes once as well", async () => {
    await w.shown(() => useContainers(), undefined);
    await logs();
    expect(w.asked()).toEqual(["subscribe containers", "subscribe container:logs:web"]);
  });

  test("two components share one subscription", async () => {
    const one = await logs();
    const two = await logs({ stderr: false });
    w.fake.log("web", "out", { text: "err", stream: "stderr" });
    await frames();
    expect(texts(one.now().items).slice(-2)).toEqual(["out", "err"]);
    expect(texts(two.now().items).at(-1)).toBe("out");
    expect(w.asked()).toHaveLength(1);
  });

  test("another container begins empty, in the render that names it, and the first is left", async () => {
    w.fake.log("web", "of web");
    w.fake.log("db", "of db");
    const { now, seen, rerender } = await logs();
    const before = seen.length;
    rerender({ name: "db" });
    await frames();
    expect(texts(now().items)).toEqual(["of db", "live"]);
    expect(seen.slice(before).filter(({ items }) => texts(items).includes("of web"))).toEqual([]);
    expect(w.fake.connections[0]!.channels).toEqual([`container:logs:${"77aa".padEnd(64, "0")}`]);
    rerender({ name: null });
    await frames();
    expect(now()).toMatchObject({ items: [], first: 0, state: { kind: "pending" } });
    expect(w.fake.connections[0]?.channels ?? []).toEqual([]);
  });

  test("ten thousand lines between two frames are one render, and the newest are kept", async () => {
    const { now, seen } = await logs({ keep: 100 });
    const before = seen.length;
    const due: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (draw: FrameRequestCallback) => due.push(draw));
    vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false); // which renders when a test says so
    for (let i = 0; i < 100; i++) {
      w.fake.log("web", ...Array.from({ length: 100 }, (_, n) => `line ${100 * i + n}`));
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(seen.length - before).toBe(0);
    vi.unstubAllGlobals();
    expect(due).toHaveLength(1);
    act(() => due[0]!(0));
    expect(seen.length - before).toBe(2); // StrictMode renders twice
    expect(now().items).toHaveLength(100);
    expect(now().first + now().items.length).toBe(10_001);
    expect(texts(now().items)[0]).toBe("line 9900");
  });

  test("gaps and statuses stand where they belong", async () => {
    w.fake.log("web", "one");
    const { now } = await logs();
    act(() => w.fake.connections[0]!.close(4100));
    w.fake.log("web", "lost", "two");
    w.fake.trim("container:logs:web", `p1.1.2`);
    await until(() => texts(now().items).includes("two"));
    w.fake.status("container:logs:web", "stopped");
    await until(() => now().state.kind === "stopped");
    expect(texts(now().items).filter((text) => text !== "live")).toEqual(["one", "gap rotated", "two", "stopped"]);
  });

  test("clear shows what comes from then on", async () => {
    w.fake.log("web", "one");
    const { now } = await logs();
    act(() => now().clear());
    expect(now().items).toEqual([]);
    w.fake.log("web", "two");
    await frames();
    expect(texts(now().items)).toEqual(["two"]);
    expect(now().first).toBe(2);
  });

  test("a render of something else changes nothing", async () => {
    const { now, rerender } = await logs();
    const before = now();
    rerender({ name: "web" });
    expect(now()).toBe(before);
    w.fake.accepts = false;
    act(() => w.fake.closeAll(4100));
    await until(() => now().state.kind === "resuming");
    expect(now().items, "the list is the same while there is nothing new").toBe(before.items);
    w.fake.accepts = true;
    await until(() => now().state.kind === "live");
  });

  test("what is refused is told as a state", async () => {
    w.fake.verdict = ({ type, part }) =>
      type === "subscribe" && part ? { code: "not_found", message: "No such container: web", retry: false } : undefined;
    const { now } = await logs();
    expect(now().state).toMatchObject({ kind: "ended", why: { code: "not_found", message: "No such container: web" } });
  });

  test("what is hidden is left, and goes on where it was when it is shown again", async () => {
    let items: readonly LogItem[] = [];
    function Log(): ReactNode {
      items = useLogs("web").items;
      return null;
    }
    const tree = (mode: "visible" | "hidden") => (
      <w.wrapper>
        <Activity mode={mode}>
          <Log />
        </Activity>
      </w.wrapper>
    );
    w.fake.log("web", "one");
    const { rerender } = render(tree("visible"));
    await frames();
    rerender(tree("hidden"));
    await until(() => w.fake.connections.length === 0);
    w.fake.log("web", "two");
    rerender(tree("visible"));
    await until(() => texts(items).includes("two"));
    expect(texts(items).filter((text) => text !== "live")).toEqual(["one", "two"]);
  });
});

test("useContainers is undefined, then the picture as it changes", async () => {
  const container = (status: string) =>
    ({ id: "4f1c", name: "web", image: "i", state: "running", status, created: "", labels: {}, engine: "e" }) as any;
  w.fake.container("4f1c", container("Up 1 second"));
  const { now, seen } = await w.shown(() => useContainers(), undefined);
  expect(seen[0]).toEqual({ containers: undefined, state: { kind: "pending" } });
  expect(now().containers).toMatchObject([{ name: "web", status: "Up 1 second" }]);
  w.fake.container("4f1c", container("Up 2 seconds"));
  await frames();
  expect(now().containers).toMatchObject([{ status: "Up 2 seconds" }]);
  w.fake.tell("containers", { type: "status", state: "source_down", engine: "e" });
  await frames();
  expect(now().containers, "it is shown as it was seen last").toHaveLength(1);
  w.fake.container("4f1c", undefined);
  await frames();
  expect(now().containers).toEqual([]);
});

test("useStats is the newest", async () => {
  const { now, rerender } = await w.shown(({ name }) => useStats(name), { name: "web" });
  expect(now().stats).toBeUndefined();
  for (const cpu_percent of [1, 2, 3]) w.fake.tell("container:stats:web", { type: "stats", time: "t", cpu_percent });
  await frames();
  expect(now().stats).toMatchObject({ kind: "stats", cpuPercent: 3 });
  rerender({ name: "db" });
  expect(now().stats).toBeUndefined();
  await frames();
});

test("useEvents is of everything, or of one container", async () => {
  const { now, rerender } = await w.shown(({ container }) => useEvents({ container, keep: 2 }), {
    container: undefined as string | undefined,
  });
  for (const Action of ["create", "start", "die"]) w.fake.event({ Type: "container", Action });
  await frames();
  const actions = () => now().items.map((item) => (item.kind === "event" ? item.event.Action : item.kind));
  expect(actions()).toEqual(["start", "die"]);
  rerender({ container: "web" });
  await frames();
  w.fake.event({ Type: "container", Action: "kill" }, "web");
  await frames();
  expect(actions()).toEqual(["kill"]);
});

test("on a server nothing is connected, and what is shown is what a browser shows first", () => {
  function Page() {
    const { containers, state } = useContainers();
    const { items } = useLogs("web");
    return <p>{`${containers} ${state.kind} ${items.length} ${useStats("web").stats}`}</p>;
  }
  const html = renderToString(
    <StrictMode>
      <DockcastProvider client={w.client}>
        <Page />
      </DockcastProvider>
    </StrictMode>,
  );
  expect(html).toContain("undefined pending 0 undefined");
  expect(w.client.state).toEqual({ kind: "idle" });
});
