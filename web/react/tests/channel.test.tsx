// @vitest-environment happy-dom
import { Dockcast, type ChannelItem, type Member } from "@dockcast/client";
import { act, cleanup, render } from "@testing-library/react";
import { Activity, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { useChannel, usePresence, type ChannelOptions } from "../src/index.js";
import { frames, until, world } from "./world.js";

let w: ReturnType<typeof world>;
beforeEach(() => void (w = world()));
afterEach(async () => {
  cleanup();
  await until(() => w.fake.connections.length === 0);
  w.client.close();
});

const said = (items: readonly ChannelItem[]) => items.map((item) => (item.kind === "message" ? item.data : item.kind));
const chat = (options?: ChannelOptions) =>
  w.shown(({ name }: { name: string | null }) => useChannel(name, options), { name: "app:chat" as string | null });

describe("useChannel", () => {
  test("hears, and says once what it says", async () => {
    w.fake.say("app:chat", "before");
    const { now } = await chat();
    const { publish } = now();
    await act(async () => expect(await publish("hello", { messageId: "m1" })).toMatchObject({ duplicate: false }));
    await act(async () => expect(await publish("hello", { messageId: "m1" })).toMatchObject({ duplicate: true }));
    await frames();
    expect(said(now().messages)).toEqual(["hello"]);
    expect(now().publish, "the same function from render to render").toBe(publish);
    expect(now().messages, "the same array until there is another message").toBe(now().messages);
  });

  test("with history the past comes first, and nothing twice", async () => {
    for (let i = 1; i <= 5; i++) w.fake.say("app:chat", i);
    let late = 0;
    w.fake.verdict = ({ type }) => {
      if (type === "history") for (; late < 2; late++) w.fake.say("app:chat", 6 + late); // heard live, and in the page
      return undefined;
    };
    const { now } = await chat({ history: 4 });
    w.fake.say("app:chat", 8);
    await until(() => said(now().messages).includes(8));
    expect(said(now().messages)).toEqual([4, 5, 6, 7, 8]);
    act(() => w.fake.connections[0]!.close(4100));
    w.fake.say("app:chat", 9);
    await until(() => said(now().messages).includes(9));
    expect(said(now().messages)).toEqual([4, 5, 6, 7, 8, 9]);
  });

  test("what another component has heard before is not put behind the past", async () => {
    await w.shown(() => usePresence("app:chat"), undefined);
    for (let i = 1; i <= 5; i++) w.fake.say("app:chat", i);
    await frames();
    const { now } = await chat({ history: 2 });
    w.fake.say("app:chat", 6);
    await until(() => said(now().messages).includes(6));
    expect(said(now().messages)).toEqual([4, 5, 6]);
  });

  test("what is hidden before its past has come begins anew when it is shown", async () => {
    let messages: readonly ChannelItem[] = [];
    function Chat(): ReactNode {
      messages = useChannel("app:chat", { history: 5 }).messages;
      return null;
    }
    const tree = (mode: "visible" | "hidden") => (
      <w.wrapper>
        <Activity mode={mode}>
          <Chat />
        </Activity>
      </w.wrapper>
    );
    w.fake.say("app:chat", 1);
    w.fake.latencyMs = 50;
    const { rerender } = render(tree("visible"));
    await until(() => !!w.fake.connections[0]?.commands.some(({ type }) => type === "history"));
    rerender(tree("hidden"));
    await until(() => w.fake.connections.length === 0);
    w.fake.say("app:chat", 2);
    w.fake.latencyMs = 0;
    rerender(tree("visible"));
    await until(() => said(messages).includes(2));
    expect(said(messages)).toEqual([1, 2]);
  });

  test("where there is no history, what comes is shown all the same", async () => {
    w.fake.verdict = ({ type }) =>
      type === "history" ? { code: "unsupported", message: "No history.", retry: false } : undefined;
    const { now } = await chat({ history: 4 });
    w.fake.say("app:chat", "one");
    await until(() => said(now().messages).length === 1);
    expect(said(now().messages)).toEqual(["one"]);
  });

  test("gaps stand among the items, and not among the messages", async () => {
    w.fake.say("app:chat", 1);
    const { now } = await chat({ history: 1 });
    act(() => w.fake.connections[0]!.close(4100));
    w.fake.say("app:chat", 2);
    w.fake.trim("app:chat");
    w.fake.say("app:chat", 3);
    await until(() => said(now().items).includes(3));
    expect(said(now().items)).toEqual([1, "gap", 3]);
    expect(said(now().messages)).toEqual([1, 3]);
  });

  test("without a name there is nothing, and another name begins empty", async () => {
    const { now, rerender } = await chat({ history: 10 });
    w.fake.say("app:chat", 1);
    await frames();
    rerender({ name: null });
    expect(now()).toMatchObject({ messages: [], state: { kind: "pending" } });
    rerender({ name: "app:other" });
    w.fake.say("app:other", 2);
    await frames();
    expect(said(now().messages)).toEqual([2]);
  });

  test("who comes and goes is told where it is wanted", async () => {
    const { now } = await chat({ presence: true });
    w.fake.tell("app:chat", { type: "join", session: "s1", subject: "ann", instance: "i" });
    await frames();
    expect(said(now().items).at(-1)).toBe("join");
  });
});

describe("usePresence", () => {
  /** Somebody else. */
  const other = async () => {
    const client = new Dockcast({ url: "ws://fake", WebSocket: w.fake.WebSocket });
    client.channel("app:chat");
    await w.fake.settled();
    return { session: client.session!, close: () => client.close() };
  };
  const present = () => w.shown(({ name }) => usePresence(name), { name: "app:chat" });

  test("knows who was there, who came and who left", async () => {
    const first = await other();
    const { now } = await present();
    await until(() => now().count === 2);
    w.fake.tell("app:chat", { type: "join", session: "second", subject: "ann", instance: "i" });
    await until(() => now().count === 3);
    expect(now().members.map(({ session }) => session)).toContain("second");
    act(() => first.close());
    await until(() => now().count === 2);
    expect(now().members.map(({ session }) => session)).not.toContain(first.session);
  });

  test("asks again with each new connection", async () => {
    const { now } = await present();
    await until(() => now().count === 1);
    const { session } = now().members[0]!;
    act(() => w.fake.connections[0]!.close(4100));
    await until(() => now().members[0]!.session !== session);
    expect(now().count).toBe(1);
  });

  test("what is told while the list is on its way counts", async () => {
    let sent = false;
    w.fake.verdict = ({ type }, connection) => {
      if (type !== "presence" || sent) return undefined;
      sent = true;
      connection.send({ type: "join", channel: "app:chat", session: "s9", subject: "ann", instance: "i" });
      return undefined;
    };
    const { now } = await present();
    await until(() => now().count === 2);
    expect(now().members.map(({ session }) => session)).toContain("s9");
    await frames();
  });

  test("the newest list counts, whichever comes last, and what came before it is in it", async () => {
    const { now } = await present();
    await until(() => now().count === 1);
    const lists: ((list: { sessions: Member[]; count: number }) => void)[] = [];
    w.client.presence = () => new Promise((resolve) => lists.push(resolve));
    const list = (session: string) => ({ sessions: [{ session, subject: "ann", instance: "i" }], count: 1 });
    for (const state of ["source_down", "live", "source_down", "live"] as const)
      act(() => w.fake.tell("app:chat", { type: "status", state }));
    await until(() => lists.length === 2);
    w.fake.tell("app:chat", { type: "join", session: "s9", subject: "bob", instance: "i" });
    await frames();
    await act(async () => lists[1]!(list("new")));
    await act(async () => lists[0]!(list("old")));
    await until(() => now().members.some(({ session }) => session === "new"));
    expect(now().members.map(({ session }) => session)).toEqual(["new", "s9"]);
  });

  test("why nobody could be listed is said, and who comes is told all the same", async () => {
    w.fake.verdict = ({ type }) =>
      type === "presence" ? { code: "forbidden", message: "That is not told.", retry: false } : undefined;
    const { now } = await present();
    await until(() => now().error?.message === "That is not told.");
    w.fake.tell("app:chat", { type: "join", session: "s2", subject: "ann", instance: "i" });
    await until(() => now().count === 1);
    w.fake.verdict = undefined;
    act(() => w.fake.connections[0]!.close(4100));
    await until(() => !now().error);
    expect(now().members).toHaveLength(1);
  });

  test("of many some are counted only", async () => {
    Object.assign(w.fake, { presence: () => ({ sessions: [], count: 1500 }) });
    const { now } = await present();
    await until(() => now().count === 1500);
    w.fake.tell("app:chat", { type: "leave", session: "unnamed", subject: "x", instance: "i" });
    await until(() => now().count === 1499);
    w.fake.tell("app:chat", { type: "join", session: "s2", subject: "x", instance: "i" });
    await until(() => now().count === 1500);
    expect(now().members).toHaveLength(1);
  });
});
