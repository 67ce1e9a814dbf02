// A fake dockcast, a client of it, and components around which both stand.
import { Dockcast } from "@dockcast/client";
import { FakeServer } from "@dockcast/client/testing";
import { act, renderHook } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { DockcastProvider } from "../src/index.js";

export const CONTAINERS = { web: "4f1c", db: "77aa" };

/** Back-off is short, so that faults are over soon. */
export function world() {
  const fake = new FakeServer({ containers: CONTAINERS });
  const client = new Dockcast({
    url: "ws://fake",
    WebSocket: fake.WebSocket,
    backoffBaseMs: 5,
    backoffMaxMs: 5,
    idleMs: 20,
  });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <DockcastProvider client={client}>{children}</DockcastProvider>
    </StrictMode>
  );
  /** What was asked on all connections that are open: `subscribe container:logs:web`. */
  const asked = () =>
    fake.connections.flatMap(({ commands }) =>
      commands.flatMap(({ type, channel, subscriptions = [] }) =>
        type === "connect" ? subscriptions.map((each: any) => `subscribe ${each.channel}`) : [`${type} ${channel}`],
      ),
    );
  /** A hook in a component; `seen` is what each render of it was given. */
  const shown = async <R, P>(use: (props: P) => R, initialProps: P) => {
    const seen: R[] = [];
    const hook = renderHook(
      (props: P) => {
        const result = use(props);
        seen.push(result);
        return result;
      },
      { wrapper, initialProps },
    );
    await frames();
    return { ...hook, seen, now: () => hook.result.current };
  };
  return { fake, client, wrapper, asked, shown };
}

/** Lets happen what is due, and a few frames be drawn. */
export const frames = (count = 3) =>
  act(async () => {
    for (let i = 0; i < count; i++) await new Promise<unknown>((resolve) => requestAnimationFrame(resolve));
  });

/** Waits until something is so; it is asked again every few milliseconds. */
export async function until(what: () => boolean): Promise<void> {
  for (let i = 0; !what(); i++) {
    if (i > 1_000) throw new Error(`It never came: ${what}`);
    await act(async () => void (await new Promise((resolve) => setTimeout(resolve, 5))));
  }
}
