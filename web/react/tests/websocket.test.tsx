// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { useWebSocket, type UseWebSocketOptions } from "../src/websocket.js";
import { page, pass, query, type Page } from "./sockets.js";

const LOGS = "ws://fake/ws/containers/web/logs?tail=100&token=t";
const CHANNEL = "container:logs:4f1c";
const line = (n: number, channel = CHANNEL) => ({ type: "log", channel, position: `p1.${n}`, data: `line ${n}` });

let world: Page;
beforeEach(() => {
  vi.useFakeTimers();
  world = page();
});
afterEach(async () => {
  cleanup();
  await vi.advanceTimersByTimeAsync(world.fake.latencyMs);
  expect(world.open(), "sockets that outlive their component").toBe(0);
  expect(vi.getTimerCount(), "timers that outlive their component").toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Props {
  url?: string | URL | null;
  options?: UseWebSocketOptions;
}

async function mounted({ url = LOGS, options }: Props = {}) {
  const seen: boolean[] = [];
  const use = (props: Props) => {
    const result = useWebSocket(props.url, { ...props.options });
    seen.push(result.isConnected);
    return result;
  };
  const hook = renderHook(use, { initialProps: { url, options } as Props, wrapper: StrictMode });
  await pass();
  return { ...hook, seen, now: () => hook.result.current };
}

const server = () => world.fake.connections.at(-1)!;
const say = (...messages: object[]) => act(async () => messages.forEach((message) => server().send(message)));
const lose = (code = 1006, reason = "") => act(async () => server().close(code, reason));

describe("a connection", () => {
  test("StrictMode mounts twice and one socket is made", async () => {
    const onOpen = vi.fn();
    const { now } = await mounted({ options: { onOpen } });
    expect(world.urls).toEqual([LOGS]);
    expect(onOpen).toHaveBeenCalledTimes(1);
    expect(now()).toMatchObject({ isConnected: true, reconnectCount: 0 });
  });

  test("options that are made anew with each render change nothing but who is called", async () => {
    const [old, newest] = [vi.fn(), vi.fn()];
    const { rerender, now } = await mounted({ options: { onMessage: old } });
    const before = now();
    rerender({ url: LOGS, options: { onMessage: newest } });
    await say(line(1));
    expect(world.urls).toHaveLength(1);
    expect(old).not.toHaveBeenCalled();
    expect(newest.mock.calls).toEqual([[line(1)]]);
    expect(now(), "the result is the same object until it changes").toBe(before);
  });

  test("an address may be a URL, relative, or of http", async () => {
    const { rerender } = await mounted({ url: new URL("https://fake/ws/events") });
    rerender({ url: new URL("https://fake/ws/events") });
    await pass();
    rerender({ url: "/ws/events" });
    await pass();
    const here = new URL("/ws/events", location.href).href.replace("http", "ws");
    expect(world.urls).toEqual(["wss://fake/ws/events", here]);
  });

  test("without an address there is none", async () => {
    const { rerender, now } = await mounted({ url: null });
    await act(async () => now().reconnect());
    expect(world.urls).toEqual([]);
    rerender({ url: LOGS });
    await pass();
    expect(now().isConnected).toBe(true);
    rerender({ url: undefined });
    await pass();
    expect(now().isConnected).toBe(false);
    expect(world.open()).toBe(0);
  });

  test("who leaves while it is opened, or while it waits, is called no more", async () => {
    world.fake.latencyMs = 100;
    const calls = vi.fn();
    const options = { onOpen: calls, onMessage: calls, onClose: calls, onError: calls };
    const opening = await mounted({ options });
    opening.unmount();
    await pass(60_000);
    expect(calls).not.toHaveBeenCalled();
    world.fake.latencyMs = 0;
    const waiting = await mounted();
    await lose();
    waiting.unmount();
    await pass(60_000);
    expect(world.urls).toHaveLength(2);
  });

  test("another address is another connection, which begins at its beginning", async () => {
    const onClose = vi.fn();
    const { rerender, now } = await mounted({ options: { onClose } });
    await say(line(7));
    rerender({ url: LOGS.replace("web", "db"), options: { onClose } });
    await pass();
    expect(world.fake.connections).toHaveLength(1);
    expect(query(world.urls[1])).toEqual({ tail: "100", token: "t" });
    expect(now()).toMatchObject({ isConnected: true, reconnectCount: 0 });
    expect(onClose).not.toHaveBeenCalled();
  });

  test("what is sent goes as JSON, or is said not to have gone", async () => {
    world.fake.latencyMs = 10;
    const { now } = await mounted();
    expect(now().sendMessage({ type: "ping" })).toBe(false);
    await pass(10);
    expect(now().sendMessage({ type: "ping" })).toBe(true);
    await pass(20);
    expect(server().commands).toEqual([{ type: "ping" }]);
    await lose();
    await pass(10);
    expect(now().sendMessage({ type: "ping" })).toBe(false);
  });

  test("heartbeats are answered and not shown", async () => {
    const onMessage = vi.fn();
    await mounted({ options: { onMessage } });
    await say({ type: "heartbeat" });
    expect(server().commands).toEqual([{ type: "pong" }]);
    expect(onMessage.mock.calls.filter(([message]) => message.type === "heartbeat")).toEqual([]);
  });

  test("on a server nothing is connected", () => {
    function Shown() {
      return <p>{String(useWebSocket(LOGS).isConnected)}</p>;
    }
    expect(renderToString(<Shown />)).toContain("false");
    expect(world.urls).toEqual([]);
  });
});

describe("coming back", () => {
  test("it goes on behind the last message, and the past is not told again", async () => {
    const { now } = await mounted();
    await say(line(1), line(2));
    await lose();
    expect(now()).toMatchObject({ isConnected: false, reconnectCount: 1 });
    await pass(4_999);
    expect(world.urls).toHaveLength(1);
    await pass(1);
    expect(query(world.urls[1])).toEqual({ since: "p1.2", token: "t" });
    expect(now()).toMatchObject({ isConnected: true, reconnectCount: 0 });
    await say({ type: "gap", channel: CHANNEL, from: "p1.2", to: "p1.9", reason: "rotated" });
    await lose();
    await pass(5_000);
    expect(query(world.urls[2])).toEqual({ since: "p1.9", token: "t" });
  });

  test("positions of other channels are not taken for it", async () => {
    await mounted();
    await say(line(1), line(5, "container:logs:other"));
    await lose();
    await pass(5_000);
    expect(query(world.urls[1]).since).toBe("p1.1");
  });

  test("what applications call a position is none", async () => {
    await mounted({ url: "ws://fake/ws/channels/alerts" });
    await say({ type: "alert", channel: "alerts", position: "top left" });
    await lose();
    await pass(5_000);
    expect(world.urls[1]).toBe(world.urls[0]);
  });

  test("a connection of many channels has no position of its own", async () => {
    await mounted({ url: "ws://fake/base/ws/?tail=3" });
    await say(line(1));
    await lose();
    await pass(5_000);
    expect(query(world.urls[1])).toEqual({ tail: "3" });
  });

  test.each([4000, 4004, 4029, 4099, 4300, 4308])("%i is final", async (code) => {
    const onClose = vi.fn();
    const { now } = await mounted({ options: { onClose } });
    await lose(code);
    await pass(600_000);
    expect(world.urls).toHaveLength(1);
    expect(now()).toMatchObject({ isConnected: false, reconnectCount: 0 });
    expect(onClose.mock.calls[0]![0]).toMatchObject({ code });
  });

  test.each([
    [4200, '{"ms":8421}', 8421],
    [4201, '{"ms":0}', 0],
    [4200, "who knows", 5000],
    [1006, "", 5000],
    [1001, "", 5000],
    [4999, '{"ms":1}', 5000],
  ])("after %i with %s it comes back in time", async (code, reason, ms) => {
    await mounted();
    await lose(code, reason);
    if (ms) await pass(ms - 1);
    expect(world.urls).toHaveLength(1);
    await pass(1);
    expect(world.urls).toHaveLength(2);
  });

  test("where the server is in need, all do not come back together", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.9);
    await mounted({ options: { reconnectInterval: 1_000 } });
    await lose(4153);
    await pass(1_799);
    expect(world.urls).toHaveLength(1);
    await pass(1);
    expect(world.urls).toHaveLength(2);
    random.mockRestore();
  });

  test("after so many attempts it is given up, until somebody says otherwise", async () => {
    const onClose = vi.fn();
    const { now } = await mounted({ options: { reconnectInterval: 10, maxReconnectAttempts: 3, onClose } });
    world.fake.accepts = false;
    await lose();
    await pass(60_000);
    expect(world.urls).toHaveLength(4);
    expect(onClose).toHaveBeenCalledTimes(4);
    expect(now()).toMatchObject({ isConnected: false, reconnectCount: 3 });
    world.fake.accepts = true;
    await act(async () => now().reconnect());
    expect(now()).toMatchObject({ isConnected: true, reconnectCount: 0 });
  });

  test("disconnect lasts, also from within onClose, and reconnect goes on where it was", async () => {
    const onClose = vi.fn();
    const { now } = await mounted({ options: { onClose } });
    await say(line(3));
    await act(async () => now().disconnect());
    expect(now().isConnected).toBe(false);
    expect(onClose, "it is told of losses").not.toHaveBeenCalled();
    await pass(60_000);
    expect(world.urls).toHaveLength(1);
    await act(async () => now().reconnect());
    expect(query(world.urls[1]).since).toBe("p1.3");
    onClose.mockImplementation(() => now().disconnect());
    await lose();
    await pass(60_000);
    expect(world.urls).toHaveLength(2);
  });

  test("disconnect before the first connection makes none", async () => {
    const hook = renderHook(() => useWebSocket(LOGS));
    act(() => hook.result.current.disconnect());
    await pass(1_000);
    expect(world.urls).toEqual([]);
  });
});

describe("moving", () => {
  test("it goes to a new socket when it is told to, and nobody notices", async () => {
    const [onMessage, onOpen, onClose] = [vi.fn(), vi.fn(), vi.fn()];
    const { now, seen } = await mounted({ options: { onMessage, onOpen, onClose } });
    await say(line(1), { type: "migrate", in_ms: 3_000, reason: "drain", data: "This instance leaves." });
    await pass(2_999);
    expect(world.urls).toHaveLength(1);
    const before = seen.length;
    const old = server();
    world.fake.latencyMs = 20;
    await pass(1);
    world.fake.latencyMs = 0;
    expect(query(world.urls[1])).toEqual({ since: "p1.1", token: "t" });
    await act(async () => old.send(line(2))); // the new one will be sent it as well
    await pass(20);
    expect(old.isOpen).toBe(false);
    await say(line(2), line(3));
    expect(onMessage.mock.calls.map(([message]) => message.data)).toEqual(["line 1", "line 2", "line 3"]);
    expect(seen.slice(before)).not.toContain(false);
    expect(now()).toMatchObject({ isConnected: true, reconnectCount: 0 });
    expect(onOpen).toHaveBeenCalledTimes(1);
    expect(onClose).not.toHaveBeenCalled();
  });

  test("where there are no positions the old one is heard until the new one is there", async () => {
    const onMessage = vi.fn();
    await mounted({ url: "ws://fake/ws/channels/deployments", options: { onMessage } });
    const old = server();
    await say({ type: "migrate", in_ms: 0 });
    world.fake.latencyMs = 20;
    await pass(1);
    world.fake.latencyMs = 0;
    await act(async () => [{ service: "api" }, { type: "migrate", in_ms: 0 }].forEach((each) => old.send(each)));
    await pass(20);
    expect(onMessage.mock.calls).toEqual([[{ service: "api" }]]);
    expect(world.urls).toHaveLength(2);
    expect(world.open()).toBe(1);
  });

  test("the old one may go before the new one is there", async () => {
    const [onOpen, onClose] = [vi.fn(), vi.fn()];
    const { now } = await mounted({ options: { onOpen, onClose } });
    await say(line(1), { type: "migrate", in_ms: 0 });
    world.fake.latencyMs = 50;
    await pass(1);
    world.fake.latencyMs = 0;
    await lose(4200, '{"ms":0}');
    expect(now().isConnected).toBe(false);
    expect(onClose).toHaveBeenCalledTimes(1);
    await pass(50);
    expect(now()).toMatchObject({ isConnected: true, reconnectCount: 0 });
    expect(onOpen).toHaveBeenCalledTimes(2);
    expect(world.urls).toHaveLength(2);
  });

  test("where the new one fails, it comes back as after any loss", async () => {
    const { now } = await mounted();
    await say(line(1), { type: "migrate", in_ms: 10 });
    world.fake.accepts = false;
    await pass(10);
    expect(now()).toMatchObject({ isConnected: false, reconnectCount: 1 });
    expect(world.open()).toBe(0);
    world.fake.accepts = true;
    await pass(5_000);
    expect(now().isConnected).toBe(true);
    expect(query(world.urls[2]).since).toBe("p1.1");
  });

  test("who disconnects does not move", async () => {
    const { now } = await mounted();
    await say({ type: "migrate", in_ms: 10 });
    await act(async () => now().disconnect());
    await pass(1_000);
    expect(world.urls).toHaveLength(1);
  });
});
