// The client as an application sees it, with the fake server at the other end and a clock that is wound by hand. Longer
// than other files: one sentence after the other about the same client.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Dockcast, DockcastError, type DockcastOptions, type Item } from "../src/index.js";
import { address } from "../src/link.js";
import { FakeServer } from "../src/testing.js";

let server: FakeServer;
let client: Dockcast;

function connect(options: DockcastOptions = {}): Dockcast {
  return (client = new Dockcast({ url: "http://fake/base/", WebSocket: server.WebSocket, ...options }));
}

const texts = (items: readonly Item[]) =>
  items.map((each) => (each.kind === "line" ? each.text : each.kind === "message" ? each.data : each.kind));
const go = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer({ containers: { web: "4f1c" } });
});
afterEach(() => {
  client.close();
  vi.useRealTimers();
});

test("it connects when something is wanted, and disconnects a while after nothing is", async () => {
  connect();
  await go(60_000);
  expect([client.state.kind, server.connections.length]).toEqual(["idle", 0]);
  const sub = client.logs("web");
  await go(0);
  expect([client.state.kind, sub.state.kind, client.session]).toEqual(["open", "live", "fake-1"]);
  sub.close();
  await go(4_999);
  expect(client.state.kind).toBe("open");
  await go(2);
  expect([client.state.kind, server.connections.length]).toEqual(["idle", 0]);
});

test("a log comes in batches and by iterator, over every cut, each line once", async () => {
  connect();
  server.log("web", "a", "b", { text: "c", stream: "stderr" });
  const sub = client.logs("web", { tail: 2 });
  const heard: Item[] = [];
  void (async () => {
    for await (const item of sub) heard.push(item);
  })();
  await go(0);
  expect(texts(heard)).toEqual(["b", "c", "status"]);
  const before = sub.position;
  server.connections[0]!.close();
  server.log("web", "d");
  await go(1_000);
  server.log("web", "e");
  await go(0);
  expect(texts(heard)).toEqual(["b", "c", "status", "d", "status", "e"]);
  expect(sub.position).not.toBe(before);
  expect(server.connections[0]!.commands[0]).toMatchObject({ type: "connect", subscriptions: [{ since: before }] });
});

test("listeners share one subscription; the second has what is kept of its tail, and its own streams", async () => {
  connect();
  const first: Item[] = [];
  client.logs("web", { stderr: false }).on((item) => first.push(item));
  await go(0);
  server.log("web", "a", "b", "c");
  await go(0);
  const second: Item[] = [];
  const sub = client.logs("web", { tail: 2 });
  sub.on((item) => second.push(item));
  await go(0);
  server.log("web", { text: "d", stream: "stderr" }, "e");
  await go(0);
  expect(texts(first)).toEqual(["status", "a", "b", "c", "status", "e"]);
  expect(texts(second)).toEqual(["b", "c", "status", "d", "e"]);
  expect(server.connections[0]!.channels).toHaveLength(1);
  const late: Item[] = [];
  client.logs("web", { since: "p1.1.1" }).on((item) => late.push(item));
  expect(late[0]).toMatchObject({ kind: "gap", from: "p1.1.1", reason: "retained" });
});

test("two names of one container are one subscription", async () => {
  connect();
  const [one, other]: [Item[], Item[]] = [[], []];
  client.logs("web").on((item) => one.push(item));
  await go(0);
  server.log("web", "a");
  client.logs("4f1c".padEnd(64, "0")).on((item) => other.push(item));
  await go(0);
  server.log("web", "b");
  await go(0);
  expect(texts(one).filter((each) => each !== "status")).toEqual(["a", "b"]);
  expect(texts(other).filter((each) => each !== "status")).toEqual(["a", "b"]);
});

test("an iterator that is slow loses the oldest, and is told how many", async () => {
  connect({ queueMax: 3 });
  const sub = client.channel("app:x");
  const items = sub[Symbol.asyncIterator]();
  await go(0);
  for (let n = 1; n <= 5; n++) server.say("app:x", n);
  await go(0);
  expect((await items.next()).value).toMatchObject({ kind: "gap", reason: "slow-consumer", lines: 2 });
  expect((await items.next()).value).toMatchObject({ data: 3, position: "0000000000000001:3" });
  expect(sub.position).toBe("0000000000000001:3");
  await items.return();
  await go(0);
  expect(server.connections[0]!.channels).toEqual([]);
});

test("what a slow iterator has lost ends behind the last batch of which nothing is left", async () => {
  connect({ queueMax: 3 });
  const sub = client.logs("web");
  const items = sub[Symbol.asyncIterator]();
  await go(0);
  for (const lines of [["a", "b"], ["c", "d"], ["e"], ["f"]]) {
    server.log("web", ...lines);
    await go(0);
  }
  expect((await items.next()).value).toMatchObject({ kind: "gap", lines: 4, to: "p1.1.2" }); // status, a, b, c
  expect(sub.position).toBe("p1.1.2");
  expect((await items.next()).value).toMatchObject({ text: "d" });
  expect(sub.position).toBe("p1.1.4");
});

test("what is kept comes to a later listener with its positions", async () => {
  connect();
  client.logs("web").on(() => {});
  await go(0);
  for (const lines of [["a", "b"], ["c", "d"], ["e"]]) {
    server.log("web", ...lines);
    await go(0);
  }
  const sub = client.logs("web", { tail: 2 });
  const items = sub[Symbol.asyncIterator]();
  expect((await items.next()).value).toMatchObject({ text: "d" });
  expect(sub.position).toBe("p1.1.4");
  expect((await items.next()).value).toMatchObject({ text: "e" });
  expect(sub.position).toBe("p1.1.5");
  expect(client.logs("web", { tail: 0 }).position).toBe("p1.1.5");
});

test("close codes are heeded by their range", async () => {
  const random = vi.spyOn(Math, "random").mockReturnValue(1);
  connect({ token: () => "t" });
  client.channel("app:x");
  const closed = async (code: number, reason = "") => {
    await go(10_000);
    server.connections[0]!.close(code, reason);
    await go(0);
    return client.state;
  };
  expect(await closed(4199)).toMatchObject({ kind: "waiting", attempt: 1, at: Date.now() + 500, why: { code: 4199 } });
  expect(await closed(4250, '{"ms":8421}')).toMatchObject({ kind: "waiting", at: Date.now() + 8421 });
  expect(await closed(1011)).toMatchObject({ kind: "waiting", why: { kind: "network", code: 1011 } });
  await closed(4300);
  await go(1);
  expect(client.state.kind).toBe("open");
  const sub = client.logs("web");
  expect(await closed(4042, "no")).toMatchObject({ kind: "closed", why: { code: 4042, message: "no" } });
  expect(sub.state).toMatchObject({ kind: "ended", why: { code: "closed" } });
  await go(100_000);
  expect(server.connections).toHaveLength(0);
  client.reconnect();
  client.logs("web");
  await go(0);
  expect(client.state.kind).toBe("open");
  random.mockRestore();
});

test("back-off grows with each failure and never gives up", async () => {
  const random = vi.spyOn(Math, "random").mockReturnValue(1);
  connect();
  server.accepts = false;
  client.events();
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    await go(0);
    if (client.state.kind !== "waiting") throw new Error(client.state.kind);
    waits.push(client.state.at - Date.now());
    await go(waits.at(-1)!);
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  random.mockRestore();
});

test("who cannot say who it is asks again, and says so", async () => {
  server.tokens = new Set(["new"]);
  const asked: string[] = [];
  connect({ token: async (why) => (asked.push(why), why === "first" ? "old" : "new") });
  const seen: string[] = [];
  client.onState(({ kind }) => seen.push(kind));
  client.events();
  await go(100);
  expect(asked).toEqual(["first", "refused"]);
  expect(seen).toEqual(["connecting", "unauthorized", "unauthorized", "connecting", "open"]);
});

test("an instance that leaves is left without a line lost or repeated", async () => {
  connect();
  const heard: Item[] = [];
  client.logs("web").on((item) => heard.push(item));
  const seen: string[] = [];
  client.onState(({ kind }) => seen.push(kind));
  await go(0);
  server.migrate(1_000);
  for (let n = 1; n <= 50; n++) {
    server.log("web", String(n));
    await go(40);
  }
  expect(texts(heard).filter((each) => each !== "status")).toEqual(Array.from({ length: 50 }, (_, n) => String(n + 1)));
  expect(seen).toEqual(["open", "moving", "open"]);
  expect([server.connections.length, client.session]).toEqual([1, "fake-2"]);
});

test("a connection that has fallen silent is noticed and replaced", async () => {
  connect();
  client.events();
  await go(0);
  server.connections[0]!.freeze();
  await go(46_000);
  expect(client.session).toBe("fake-2");
});

test("a publication is sent again until it is answered, and stored once", async () => {
  connect();
  let refusals = 2;
  server.verdict = ({ type }) =>
    type === "publish" && refusals-- > 0 ? { code: "rate_limited", message: "slowly", retry: true } : undefined;
  const told = client.publish("app:x", 1);
  await go(10_000);
  expect(await told).toMatchObject({ position: "0000000000000001:1", duplicate: false });
  const again = client.publish("app:x", 2, { messageId: "m" });
  await Promise.resolve();
  server.connections[0]?.freeze();
  await go(50_000);
  expect((await again).position).toBe("0000000000000001:2");
  expect((await client.history("app:x")).items).toMatchObject([{ data: 1 }, { data: 2 }]);
  expect(await client.presence("app:x")).toEqual({ sessions: [], count: 0 });
});

test("what nobody answers is unknown where it was sent, unavailable where it was not, and bounded", async () => {
  connect({ pendingMax: 1 });
  client.events();
  await go(0);
  server.connections[0]!.freeze();
  const failing = (promise: Promise<unknown>) => promise.then(() => "done", (error: DockcastError) => error.code);
  const sent = failing(client.publish("app:x", 1));
  server.accepts = false;
  await go(61_000);
  expect(await sent).toBe("unknown_outcome");
  const waiting = failing(client.publish("app:x", 2));
  expect(await failing(client.publish("app:x", 3))).toBe("too_many");
  await go(61_000);
  expect(await waiting).toBe("unavailable");
  server.accepts = true;
  const large = failing(client.publish("app:x", "x".repeat(70_000)));
  await go(40_000);
  expect(await large).toBe("too_large");
});

test("a refused subscription ends with its error, one that may succeed is tried again", async () => {
  connect();
  let times = 0;
  server.verdict = ({ type, channel }) => {
    if (type !== "subscribe") return undefined;
    if (channel === "container:logs:no") return { code: "not_found", message: "No such container: no", retry: false };
    return times++ < 2 ? { code: "unavailable", message: "later", retry: true } : undefined;
  };
  const [no, later] = [client.logs("no"), client.logs("web")];
  await go(0);
  expect(later.state).toMatchObject({ kind: "pending", why: { message: "later" } });
  await go(10_000);
  expect(later.state.kind).toBe("live");
  const end = async () => {
    for await (const item of no) throw new Error(item.kind);
  };
  await expect(end()).rejects.toMatchObject({ name: "DockcastError", code: "not_found" });
});

test("the picture of containers is kept, and a channel's state follows its source", async () => {
  connect();
  const container = (state: string) => ({ id: "1", name: "a", image: "", state, status: "", created: "", engine: "" });
  server.container("1", { ...container("running"), labels: { a_b: "c" }, exit_code: 3 });
  const sub = client.containers();
  await go(0);
  expect(sub.snapshot).toMatchObject({ containers: [{ state: "running", exitCode: 3, labels: { a_b: "c" } }] });
  server.container("1", { ...container("exited"), labels: {} });
  await go(0);
  expect(sub.snapshot).toMatchObject({ containers: [{ state: "exited" }] });
  const states: string[] = [];
  sub.onState(({ kind }) => states.push(kind));
  for (const state of ["source_down", "recovered", "degraded", "recovered", "removed"] as const)
    server.status("containers", state);
  await go(0);
  expect(states).toEqual(["sourceDown", "live", "degraded", "live", "ended"]);
});

test("messages for this session come without a subscription", async () => {
  connect();
  const heard: unknown[] = [];
  const stop = client.onMessage(({ channel, data }) => heard.push([channel, data]));
  await go(0);
  server.letter(client.session!, "hello");
  await go(0);
  expect(heard).toEqual([["session:fake-1", "hello"]]);
  stop();
  await go(6_000);
  expect(client.state.kind).toBe("idle");
});

test("states are the same object until they change", async () => {
  connect();
  const sub = client.logs("web");
  await go(0);
  const [one, other] = [client.state, sub.state];
  server.log("web", "a");
  await go(3_000);
  expect(client.state).toBe(one);
  expect(sub.state).toBe(other);
  server.connections[0]!.migrate(0); // it is subscribed anew, and was live all the time
  await go(3_000);
  expect(client.state).toMatchObject({ kind: "open", session: "fake-2" });
  expect(sub.state).toBe(other);
});

test("the address is that of the page, or what is given, with its base path", () => {
  expect(address("https://host/base/?x=1")).toBe("wss://host/base/ws?x=1");
  expect(address("ws://host")).toBe("ws://host/ws");
  expect(address("http://host/base/ws")).toBe("ws://host/base/ws");
  expect(address("http://host/base/ws/")).toBe("ws://host/base/ws");
  expect(() => address()).toThrow("No url");
  vi.stubGlobal("location", { href: "https://host/base/page.html?x=1#y" });
  expect(address()).toBe("wss://host/base/ws");
  expect(address("/other")).toBe("wss://host/other/ws");
  vi.unstubAllGlobals();
});

test("a listener that throws is heard of, and keeps nothing from the others", async () => {
  connect();
  const thrown: unknown[] = [];
  const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => {
    void Promise.resolve().then(task).catch((error: unknown) => thrown.push(error));
  });
  const heard: Item[] = [];
  client.channel("app:x").on(() => {
    throw new Error("mine");
  });
  client.channel("app:y").on((item) => heard.push(item));
  await go(0);
  server.say("app:x", 1);
  server.say("app:y", 2);
  await go(0);
  expect([texts(heard), thrown]).toEqual([[2], [new Error("mine")]]);
  queue.mockRestore();
});

test("a listener that throws keeps nothing from the others of its channel, nor from itself", async () => {
  connect();
  const thrown: unknown[] = [];
  const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => {
    void Promise.resolve().then(task).catch((error: unknown) => thrown.push(error));
  });
  const [own, second, iterated]: Item[][] = [[], [], []];
  const fail = (item: Item) => {
    own!.push(item);
    throw new Error("mine");
  };
  client.channel("app:x").on(fail);
  const sub = client.channel("app:x");
  sub.on(fail);
  sub.onState(() => {
    throw new Error("mine");
  });
  void (async () => {
    for await (const item of sub) iterated!.push(item);
  })();
  client.channel("app:x").on((item) => second!.push(item));
  await go(0);
  server.say("app:x", 1);
  server.say("app:x", 2);
  await go(0);
  expect([texts(own!), texts(second!), texts(iterated!)]).toEqual([[1, 1, 2, 2], [1, 2], [1, 2]]);
  client.close();
  await go(0);
  expect(thrown).toHaveLength(6);
  queue.mockRestore();
});

test("a listener whose channel has another name as well begins where it asked to", async () => {
  connect();
  server.log("web", "a");
  const first = client.logs("web");
  first.on(() => {});
  await go(0);
  server.log("web", "b");
  await go(0);
  const since = first.position!;
  server.log("web", "c", "d");
  await go(0);
  const [behind, tail]: Item[][] = [[], []];
  client.logs("4f1c".padEnd(64, "0"), { since }).on((item) => behind!.push(item));
  client.logs("4f1c".padEnd(64, "0"), { tail: 1 }).on((item) => tail!.push(item));
  await go(0);
  expect([texts(behind!), texts(tail!)]).toEqual([["c", "d", "status"], ["d", "status"]]);
});

test("listeners that begin at one position have no gap there", async () => {
  connect();
  server.log("web", "a");
  const sub = client.logs("web");
  sub.on(() => {});
  await go(0);
  const since = sub.position!;
  client.close();
  server.log("web", "b");
  connect();
  const heard: Item[][] = [[], [], []];
  client.logs("web", { since }).on((item) => heard[0]!.push(item));
  client.logs("web", { since }).on((item) => heard[1]!.push(item));
  await go(0);
  client.logs("web", { since }).on((item) => heard[2]!.push(item));
  expect(heard.map(texts)).toEqual([["b", "status"], ["b", "status"], ["b", "status"]]);
});

test("a listener that begins where what is kept begins has all of it, and no gap", async () => {
  connect({ retain: 2 });
  const sub = client.channel("app:x");
  const positions: string[] = [];
  sub.on(() => positions.push(sub.position!));
  await go(0);
  for (let n = 1; n <= 4; n++) server.say("app:x", n);
  await go(0);
  const heard: Item[][] = positions.map(() => []);
  positions.forEach((since, at) => client.channel("app:x", { since }).on((item) => heard[at]!.push(item)));
  expect(heard.map(texts)).toEqual([["gap", 3, 4], [3, 4], [4], []]);
});

test.each(["refused", "given up"])("mail that comes before a subscription is %s is heard", async (end) => {
  connect();
  const mail: unknown[] = [];
  client.onMessage(({ data }) => mail.push(data));
  await go(0);
  server.latencyMs = 10;
  const refusal = { code: "not_found", message: "No such container.", retry: false } as const;
  server.verdict = ({ type }) => (type === "subscribe" && end === "refused" ? refusal : undefined);
  const sub = client.logs("web");
  await go(5);
  server.letter(client.session!, "letter");
  await go(11);
  if (end === "given up") sub.close();
  await go(100);
  expect(mail).toEqual(["letter"]);
});

test("why no socket can be made is said", async () => {
  vi.stubGlobal("WebSocket", undefined);
  connect({ WebSocket: undefined });
  client.events();
  await go(0);
  expect(client.state).toMatchObject({ kind: "waiting", why: { message: expect.stringContaining("No WebSocket") } });
  client.close();
  client = new Dockcast({ WebSocket: server.WebSocket });
  const sub = client.events();
  await go(0);
  expect(client.state).toMatchObject({ kind: "waiting", why: { message: expect.stringContaining("No url") } });
  expect(sub.state.kind).toBe("pending");
  vi.unstubAllGlobals();
});

test("closed by a listener, it listens to the page no more", async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  let listens = 0;
  const add: typeof page.addEventListener = (_type, _listener, options) => {
    listens++;
    (options as { signal: AbortSignal }).signal.addEventListener("abort", () => listens--);
  };
  vi.stubGlobal("document", Object.assign(page, { addEventListener: add }));
  vi.stubGlobal("addEventListener", add);
  connect();
  client.onState(({ kind }) => kind === "open" && client.close());
  client.events();
  expect(listens).toBe(3);
  await go(0);
  expect([listens, client.state.kind]).toEqual([0, "closed"]);
  vi.unstubAllGlobals();
});

test("a network that comes back hurries who waits, once", async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("document", page);
  for (const name of ["addEventListener", "dispatchEvent"] as const) vi.stubGlobal(name, page[name].bind(page));
  vi.spyOn(Math, "random").mockReturnValue(1);
  connect();
  server.accepts = false;
  client.events();
  await go(70_000);
  server.accepts = true;
  page.dispatchEvent(new Event("online"));
  await go(999);
  expect(client.state.kind).toBe("waiting");
  await go(2);
  expect(client.state.kind).toBe("open");
  const { session } = client;
  page.dispatchEvent(new Event("visibilitychange"));
  await go(4_000);
  expect(client.session).toBe(session);
  server.connections[0]!.freeze();
  page.dispatchEvent(new Event("visibilitychange"));
  await go(3_100);
  expect(client.state).toMatchObject({ kind: "waiting", why: { kind: "silent" } });
  await go(40_000);
  expect(client.session).toBe("fake-2");
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a subscription stands somewhere before anything came, and who names that place later lacks nothing", async () => {
  connect();
  server.say("app:x", 1);
  const sub = client.channel("app:x");
  sub.onItems(() => {});
  await go(0);
  expect(sub.position).toBeDefined();
  const late = client.channel("app:x", { since: sub.position! });
  const heard: Item[] = [];
  late.on((item) => heard.push(item));
  server.say("app:x", 2);
  await go(0);
  expect(texts(heard)).toEqual([2]);
});

test("who joins is told to the others, by its own name; and that an instance leaves is said in words", async () => {
  connect();
  const heard: Item[] = [];
  client.channel("app:x", { presence: true }).on((item) => heard.push(item));
  await go(0);
  const other = new Dockcast({ url: "http://fake", WebSocket: server.WebSocket });
  other.channel("app:x");
  await go(0);
  const { session } = other;
  other.close();
  await go(0);
  expect(heard).toMatchObject([
    { kind: "join", session },
    { kind: "leave", session },
  ]);
  server.closeAll(4200, '{"ms":10}');
  await go(5);
  expect(client.state).toMatchObject({ kind: "waiting", why: { kind: "drain", message: "The instance leaves." } });
});

test("a client that nothing was asked of leaves nothing behind in its page", () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const listens = vi.spyOn(page, "addEventListener");
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  connect();
  expect(listens).not.toHaveBeenCalled();
  client.events();
  expect(listens).toHaveBeenCalled();
  vi.unstubAllGlobals();
});
