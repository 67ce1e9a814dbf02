// Whatever happens to the machine, in whatever order: its promises hold.
import fc from "fast-check";
import { expect, test } from "vitest";
import { World, judge } from "./world.js";

const log = "container:logs:web";
const sameLog = `container:logs:${"4f1c".padEnd(64, "0")}`;
const channels = [log, "app:x", "docker:events", sameLog];
const top: Record<string, number> = {};

type Deed = [kind: string, a: number, b: number];
const kinds = [
  "say", "say", "pass", "pass", "advance", "flow", "flow", "flow", "flow", "flow", "move", "move", "move", "want",
  "want", "unwant", "drop", "close", "freeze", "migrate", "refuse", "accept", "verdict", "trim", "online",
  "offline", "visible", "token", "repeat", "lose", "batch", "request",
] as const;
const codes = [1000, 1001, 1006, 1011, 4100, 4103, 4129, 4153, 4199, 4200, 4299, 4300, 4308, 3000, 4901];

function say(world: World, channel: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const n = (top[channel] = (top[channel] ?? 0) + 1);
    if (channel === log) world.server.log("web", { text: String(n), stream: n % 3 ? "stdout" : "stderr" });
    else if (channel === "app:x") world.server.say(channel, n);
    else world.server.event({ n });
  }
}

function act(world: World, [kind, a, b]: Deed): void {
  const connections = world.server.connections;
  const one = connections[a % (connections.length || 1)];
  const channel = channels[a % 3]!;
  const queue = [...world.wires.values()][a % (world.wires.size || 1)]?.down;
  switch (kind) {
    case "say":
      return say(world, channel, 1 + (b % 5));
    case "pass":
      for (let i = 0; i <= b % 12; i++) world.pass(a + i * b);
      return;
    case "flow": // a lively conversation
      for (let i = 0; i < 3 + b; i++) {
        if ((i * a + b) % 3 === 0) say(world, channels[(i + a) % 3]!, 1 + (i % 3));
        world.pass(i * a + b);
      }
      return;
    case "move": // an instance leaves while everybody talks
      one?.migrate(0);
      for (let i = 0; i < 12; i++) {
        say(world, channels[(i + a) % 3]!, 1);
        world.pass(a + i * b);
        if (i % 4 === 0) world.advance(b % 3);
      }
      return;
    case "advance":
      return world.advance([10, 300, 1_000, 5_000, 40_000][b % 5]!);
    case "want":
      return world.heard.has(channels[a % 4]!) ? undefined : world.want(channels[a % 4]!, { tail: b % 3 ? "all" : 2 });
    case "unwant":
      return world.heard.has(channels[a % 4]!) ? world.unwant(channels[a % 4]!) : undefined;
    case "drop":
      return one?.close(1006);
    case "close":
      return one?.close(codes[b % codes.length]!, b % 2 ? `{"ms":${b * 10}}` : "what");
    case "freeze":
      return one?.freeze();
    case "migrate":
      return one?.migrate(b * 20);
    case "refuse":
    case "accept":
      world.server.accepts = kind === "accept";
      return;
    case "verdict":
      world.server.verdict = b % 2
        ? undefined
        : (command) => (command["type"] === "subscribe" || command["type"] === "publish") && a % 2
          ? { code: "rate_limited", message: "slowly", retry: true } : undefined;
      return;
    case "trim":
      return world.server.trim(channel);
    case "online":
    case "offline":
    case "visible":
      return world.happen({ type: kind });
    case "token":
      world.tokenFails = b % 2 === 0;
      return;
    case "repeat": {
      const again = queue?.findLast((each) => typeof each === "string" && /"(logs|message|docker_event)"/.test(each));
      return again ? void queue!.push(again) : undefined;
    }
    case "lose": {
      const at = queue?.findIndex((each) => typeof each === "string" && each.includes('"type":"logs"')) ?? -1;
      return at >= 0 ? void queue!.splice(at, 1) : undefined;
    }
    case "batch":
      world.server.channel(sameLog).batchMax = 1 + (b % 7);
      return;
    case "request":
      return world.happen({ type: "request", key: world.now * 1000 + world.effects.length, command: { type: "ping" } });
  }
}

const deeds = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(40), fc.nat(40)), { minLength: 5, maxLength: 80 });

const seen = { ahead: 0, again: 0, moved: 0, alias: 0, gaps: 0, redone: 0 };

test("every record comes once and in order, or a gap says what is missing", () => {
  fc.assert(
    fc.property(deeds, fc.infiniteStream(fc.double({ min: 0.01, max: 1, noNaN: true })), (list, chance) => {
      for (const channel of channels) top[channel] = 0;
      const world = new World(() => chance.next().value as number);
      world.server.channel(sameLog).batchMax = 3;
      world.want(log, { tail: "all" });
      world.want("app:x");
      for (const deed of list) act(world, deed);
      // The world is whole again: everything must come.
      world.server.accepts = true;
      world.server.verdict = undefined;
      world.tokenFails = false;
      world.happen({ type: "online" });
      world.advance(200_000, true);
      for (const channel of channels.slice(0, 3)) say(world, channel, 1);
      world.advance(100_000, true);
      for (const [channel, heard] of world.heard) judge(heard, top[channel === sameLog ? log : channel]!);
      for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += world.seen[name];
      world.happen({ type: "close" });
      expect([...world.wires.keys(), ...world.timers.keys()]).toEqual([]);
      const before = world.effects.length;
      for (const type of ["online", "visible", "offline", "reconnect"] as const) world.happen({ type });
      world.advance(100_000, true);
      expect(world.effects.slice(before)).toEqual([]);
    }),
    { numRuns: Number(process.env["RUNS"] ?? 1_000) },
  );
  if (process.env["RUNS"]) console.log(seen);
  for (const [what, times] of Object.entries(seen)) expect(times, `${what} was not tried`).toBeGreaterThan(10);
});
