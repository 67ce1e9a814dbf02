// A page that is left open: through sleep, a lost network, credentials that expire, a server that is replaced, and the
// end of the container that it follows. Each of these is a typed value that says what happened and what happens next.
import { afterEach, expect, test, vi } from "vitest";
import { Dockcast, type ClientState, type SubscriptionState } from "../src/index.js";
import { FakeServer } from "../src/testing.js";

const go = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A state without what differs from run to run. */
function told(state: ClientState | SubscriptionState): unknown[] {
  const why = "why" in state ? state.why : undefined;
  const said = typeof why === "object" ? [("kind" in why ? why.kind : why.code), why.message] : why ? [why] : [];
  return [state.kind, ...said];
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a page left open sees what happens, and what happens next", async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("document", page);
  vi.stubGlobal("navigator", { onLine: true });
  for (const name of ["addEventListener", "dispatchEvent"] as const) vi.stubGlobal(name, page[name].bind(page));
  const server = new FakeServer({ containers: { web: "4f1c" }, tokens: ["monday"] });
  const asked: string[] = [];
  const token = async (why: string) => (asked.push(why), why === "first" ? "monday" : "tuesday");
  const client = new Dockcast({ url: "http://fake", WebSocket: server.WebSocket, token });
  const states: unknown[][] = [];
  const followed: unknown[][] = [];
  const lines: string[] = [];
  const since = () => [states.splice(0), followed.splice(0)];
  client.onState((state) => states.push(told(state)));
  const sub = client.logs("web");
  sub.onState((state) => followed.push(told(state)));
  sub.onItems((items) => items.forEach((item) => lines.push(item.kind === "line" ? item.text : item.kind)));
  await go(0);
  since();

  // The laptop sleeps: nothing is heard, and when it wakes the connection is dead.
  server.connections[0]!.freeze();
  server.log("web", "in the night");
  vi.setSystemTime(Date.now() + 8 * 3_600_000);
  page.dispatchEvent(new Event("visibilitychange"));
  await go(3_000);
  expect(client.state).toMatchObject({ kind: "waiting", at: expect.any(Number), why: { kind: "silent" } });
  await go(1_000);
  expect(since()).toEqual([
    [["waiting", "silent", expect.any(String)], ["connecting"], ["open"]],
    [["resuming", "silent", expect.any(String)], ["live"]],
  ]);

  // The network is gone.
  server.accepts = false;
  vi.stubGlobal("navigator", { onLine: false });
  page.dispatchEvent(new Event("offline"));
  server.closeAll();
  await go(100);
  expect(client.state).toMatchObject({ kind: "waiting", why: { kind: "offline" } });
  expect(sub.state).toMatchObject({ kind: "resuming", why: { kind: "offline" } });
  server.log("web", "in the tunnel");
  server.accepts = true;
  vi.stubGlobal("navigator", { onLine: true });
  page.dispatchEvent(new Event("online"));
  await go(1_000);
  expect(client.state.kind).toBe("open");
  since();

  // The token expires: another is asked for.
  server.tokens = new Set(["tuesday"]);
  server.closeAll(4300, "expired");
  await go(1_000);
  expect(asked).toEqual(["first", "expired"]);
  expect(since()[0]![0]).toEqual(["unauthorized", "code", "expired"]);
  expect(client.state.kind).toBe("open");

  // The server is replaced by a newer one: moved to without a pause.
  server.migrate(5_000);
  server.log("web", "meanwhile");
  await go(6_000);
  expect(since()[0]).toEqual([["moving", "drain", expect.any(String)], ["open"]]);

  // The container is removed, and with it the subscription ends.
  server.log("web", "its last word");
  server.status("container:logs:web", "removed");
  await go(0);
  expect(sub.state).toEqual({ kind: "ended", why: "removed" });
  expect(lines.filter((each) => each !== "status")).toEqual([
    "in the night", "in the tunnel", "meanwhile", "its last word",
  ]);
  client.close();
  expect(client.state).toMatchObject({ kind: "closed", why: { kind: "user" } });
});
