// What the connection does, in a few words, and what can be done about it.
import type { ClientState } from "@dockcast/client";
import { useConnection, useDockcast } from "@dockcast/react";
import { useEffect, useState } from "react";

type Tone = "good" | "wait" | "bad" | "";

function told(state: ClientState, now: number): [Tone, string] {
  switch (state.kind) {
    case "idle":
      return ["", "Not connected"];
    case "connecting":
      return ["wait", state.attempt ? `Connecting, attempt ${state.attempt + 1}…` : "Connecting…"];
    case "open":
      return ["good", `Connected to ${state.instance}`];
    case "moving":
      return ["good", `Connected to ${state.instance}, which leaves: moving on`];
    case "waiting":
      return ["wait", `${state.why.message} Again in ${Math.max(0, Math.ceil((state.at - now) / 1000))} s.`];
    case "unauthorized":
      return ["bad", state.why.message];
    case "closed":
      return ["bad", state.why.message];
  }
}

export function Connection() {
  const state = useConnection();
  const client = useDockcast();
  const now = useNow(state.kind === "waiting");
  const [tone, text] = told(state, now);
  return (
    <>
      <p className={`state ${tone}`} role="status" title={text}>
        <span>{text}</span>
      </p>
      {state.kind === "waiting" && <button onClick={() => client.reconnect()}>Try now</button>}
    </>
  );
}

/** The time, which goes on while somebody counts. */
function useNow(counts: boolean): number {
  const [now, tick] = useState(Date.now);
  useEffect(() => {
    if (!counts) return;
    const show = () => tick(Date.now());
    show();
    const timer = setInterval(show, 500);
    return () => clearInterval(timer);
  }, [counts]);
  return now;
}
