// Whatever tabs do, and however they end: each has every message once and in order, or a gap says what is missing.
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Browser, type Tab } from "./browser.js";
import { judge, type Heard } from "./world.js";

const deed = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("say" as const), n: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), n: fc.constantFrom(0, 5, 100, 400, 2e3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("open", "kill", "quit", "cut"), n: fc.nat(5) }) },
);

const number = (position = "") => Number(position.split(/[.:]/).at(-1));

function heardBy({ heard }: Tab): Heard[] {
  return heard.flatMap((each): Heard[] => {
    if (each.kind === "line") return [Number(each.text)];
    return each.kind === "gap" ? [{ from: number(each.from), to: number(each.to), reason: each.reason }] : [];
  });
}

test("each tab has every line once and in order, whoever dies", async () => {
  vi.useFakeTimers();
  let led = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 50 }), async (deeds) => {
      const browser = new Browser();
      const { server } = browser;
      let top = 0;
      const say = () => server.log("web", String(++top));
      const go = (ms: number) => vi.advanceTimersByTimeAsync(ms);
      browser.open("web");
      for (const { kind, n } of deeds) {
        const one = browser.living[n % (browser.living.length || 1)];
        if (kind === "say") for (let i = 0; i < n; i++) say();
        else if (kind === "wait") await go(n);
        else if (kind === "open" && browser.living.length < 5) browser.open("web");
        else if (kind === "kill" && one) browser.kill(one);
        else if (kind === "quit" && one) browser.quit(one);
        else if (kind === "cut") server.closeAll();
        await go(0);
      }
      await go(60_000);
      say();
      await go(5_000);
      led += browser.led;
      for (const tab of browser.living) {
        judge(heardBy(tab), top);
        expect(heardBy(tab).filter((each) => typeof each === "object")).toEqual([]);
      }
      expect(server.connections).toHaveLength(Math.min(1, browser.living.length));
      await browser.end();
    }),
    { numRuns: Number(process.env["RUNS"] ?? 200) },
  );
  expect(led).toBeGreaterThan(100);
  vi.useRealTimers();
});
