// An application channel: what was said on it, who is there, and a line to say something.
import type { ChannelItem } from "@dockcast/client";
import { useChannel, useConnection, usePresence } from "@dockcast/react";
import { useLayoutEffect, useRef, useState, type FormEvent } from "react";

export function Chat({ channel }: { channel: string }) {
  const { items, first, state, publish } = useChannel(channel, { history: 100 });
  const [failure, fail] = useState("");
  const end = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => void (end.current!.scrollTop = end.current!.scrollHeight), [items]);

  async function say(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = new FormData(form).get("text");
    form.reset();
    fail("");
    try {
      await publish({ text });
    } catch (error) {
      fail(`“${text}” was not said: ${(error as Error).message}`);
    }
  }

  return (
    <aside className="chat" aria-label="Chat">
      <div className="bar">
        <h2>Chat</h2>
      </div>
      <div className="messages" ref={end} role="log" aria-label="Messages" tabIndex={0}>
        {items.map((item, index) => <Said item={item} key={first + index} />)}
        {!items.length && <p className="empty">{state.kind === "live" ? "Nobody has said anything yet." : "…"}</p>}
        {failure && <p className="lost" role="alert">{failure}</p>}
      </div>
      <form onSubmit={say}>
        <input name="text" aria-label="Message" placeholder="Say something" autoComplete="off" required />
        <button className="primary">Send</button>
      </form>
      <Here channel={channel} />
    </aside>
  );
}

function Said({ item }: { item: ChannelItem }) {
  if (item.kind === "gap") return <p className="lost">Messages are missing here: {item.reason}.</p>;
  if (item.kind !== "message") return null;
  const { text } = (item.data ?? {}) as { text?: unknown };
  return (
    <p>
      <small>
        {item.from ?? "somebody"}{" "}
        {item.time && <time dateTime={item.time}>{new Date(item.time).toLocaleTimeString()}</time>}
      </small>
      {typeof text === "string" ? text : JSON.stringify(item.data)}
    </p>
  );
}

function Here({ channel }: { channel: string }) {
  const { members, count, state } = usePresence(channel);
  const connection = useConnection();
  const mine = "session" in connection ? connection.session : undefined;
  if (state.kind !== "live") return <p className="here">Who is here is not known now.</p>;
  const shown = members.slice(0, 12);
  return (
    <section className="here">
      <h2 role="status">{count === 1 ? "1 is here" : `${count} are here`}</h2>
      <ul>
        {shown.map(({ session, subject, instance }) => (
          <li key={session} className={session === mine ? "me" : ""} title={`by ${instance}`}>
            {session === mine ? "you" : subject}
          </li>
        ))}
        {count > shown.length && <li>{`and ${count - shown.length} more`}</li>}
      </ul>
    </section>
  );
}
