// @vitest-environment happy-dom
// The hook that people have (examples/platform/web/hook.js) and ours live through the same, and call back the same.
import { act, cleanup, renderHook } from "@testing-library/react";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
// @ts-expect-error: it is of the platform, and has no types
import { useWebSocket as theirs } from "../../../examples/platform/web/hook.js";
import { useWebSocket, type UseWebSocketOptions, type UseWebSocketResult } from "../src/websocket.js";
import { page, pass, type Page } from "./sockets.js";

type Happening =
  ["message" | "send", unknown] | ["refuse", boolean] | ["pass", number] | ["close" | "reconnect"];

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.tuple(fc.constant("message" as const), fc.oneof(fc.jsonValue(), fc.constant({ type: "heartbeat" }))),
  fc.tuple(fc.constant("close" as const)),
  fc.tuple(fc.constant("refuse" as const), fc.boolean()),
  fc.tuple(fc.constant("pass" as const), fc.integer({ min: 1, max: 500 })),
  fc.tuple(fc.constant("send" as const), fc.record({ type: fc.string(), text: fc.jsonValue() })),
  fc.tuple(fc.constant("reconnect" as const)),
);

/** Lets it all happen to a hook; what it called back and what it sent, in order. */
async function live(make: (options: UseWebSocketOptions) => () => UseWebSocketResult, happenings: Happening[]) {
  const world: Page = page();
  const log: unknown[] = [];
  world.fake.verdict = (command) => {
    log.push(["sent", command]);
    return { code: "bad_request", message: "It is not dockcast that is asked.", retry: false };
  };
  const told = (message: { type?: string } | null) => message?.type === "error" || log.push(["message", message]);
  const hook = make({
    onMessage: told,
    onOpen: () => log.push(["open"]),
    onClose: ({ code }) => log.push(["close", code]),
    reconnectInterval: 100,
    maxReconnectAttempts: 3,
  });
  await pass();
  for (const each of happenings) {
    const server = world.fake.connections.at(-1);
    if (each[0] === "message") server?.send(each[1] as object);
    else if (each[0] === "close") server?.close(1006);
    else if (each[0] === "refuse") world.fake.accepts = !each[1];
    else if (each[0] === "send") act(() => void hook().sendMessage(each[1]));
    else if (each[0] === "reconnect") act(() => hook().reconnect());
    await pass(each[0] === "pass" ? each[1] : 0);
    log.push([hook().isConnected, hook().reconnectCount]);
  }
  const urls = world.urls.length;
  act(() => hook().disconnect());
  await pass(1_000);
  return [...log, urls, world.urls.length];
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("whatever happens, a page that was written for the one is told the same by the other", async () => {
  const url = "ws://fake/ws/channels/deployments";
  const ours = (options: UseWebSocketOptions) => {
    const { result } = renderHook(() => useWebSocket(url, options));
    return () => result.current;
  };
  const old = (options: UseWebSocketOptions) => {
    const hook = theirs(url, options);
    return () => hook;
  };
  // The old one breaks on JSON's null.
  const whole = (all: Happening[]) => all.every((each) => each[0] !== "message" || each[1]);
  const happenings = fc.array(happening, { maxLength: 12 }).filter(whole);
  const lives = fc.asyncProperty(happenings, async (happenings) => {
    expect(await live(ours, happenings)).toEqual(await live(old, happenings));
    cleanup();
  });
  await fc.assert(lives, { numRuns: 200 });
});
