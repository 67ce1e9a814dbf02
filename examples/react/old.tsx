// The same page as it is written with the hook that front-ends have: a connection for each thing that is shown, and
// everything that the other page is given made by hand. A front-end that has such a hook changes the import.
import { useWebSocket } from "@dockcast/react/websocket";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { createRoot } from "react-dom/client";
import { clean } from "./text";

const query = new URLSearchParams(location.search);
const address = (path: string) => {
  const url = new URL(path, query.get("at") ?? "http://127.0.0.1:8000");
  url.protocol = url.protocol.replace("http", "ws");
  if (query.has("token")) url.searchParams.set("token", query.get("token")!);
  return url.href;
};

interface Shown {
  id: string;
  name: string;
  state: string;
  status: string;
}

function Page() {
  const [containers, setContainers] = useState<Shown[]>([]);
  const [name, choose] = useState<string>();
  const { isConnected, reconnectCount, reconnect } = useWebSocket(address("/ws/channels/containers"), {
    onMessage: ({ type, containers: all, change, container }) => {
      if (type === "containers") setContainers(all);
      if (type !== "container") return;
      const others = (now: Shown[]) => now.filter(({ id }) => id !== container.id);
      setContainers((now) => (change === "removed" ? others(now) : [...others(now), container]));
    },
  });
  if (!name && containers.length) choose((containers.find(({ state }) => state === "running") ?? containers[0]!).name);
  const state = isConnected ? "Connected" : reconnectCount ? `Connecting, attempt ${reconnectCount}…` : "Not connected";
  return (
    <>
      <header>
        <h1>Containers</h1>
        <p className={isConnected ? "state good" : "state wait"} role="status"><span>{state}</span></p>
        {!isConnected && <button onClick={reconnect}>Try now</button>}
      </header>
      <nav aria-label="Containers">
        <ul>
          {containers.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((each) => (
            <li key={each.id}>
              <button aria-current={each.name === name} onClick={() => choose(each.name)}>
                <strong>{each.name}</strong>
                <small className={each.state}>{each.status}</small>
              </button>
            </li>
          ))}
        </ul>
      </nav>
      {name ? <Log container={name} key={name} /> : <main />}
      <Chat />
    </>
  );
}

interface Row {
  key: number;
  type: string;
  stream?: string;
  time?: string;
  data: string;
}

function Log({ container }: { container: string }) {
  const [rows, setRows] = useState<Row[]>([]);
  const count = useRef(0);
  const box = useRef<HTMLDivElement>(null);
  const { isConnected } = useWebSocket(address(`/ws/containers/${encodeURIComponent(container)}/logs?tail=500`), {
    onMessage: (message) => {
      const row: Row = { ...message, key: count.current++ };
      if (row.data) setRows((now) => [...now.slice(-1999), row]);
    },
  });
  useEffect(() => void (box.current!.scrollTop = box.current!.scrollHeight), [rows]);
  return (
    <main>
      <div className="bar">
        <h2>{container}</h2>
        <p className="state wait" role="status" hidden={isConnected}>It is not connected.</p>
      </div>
      <div className="log" ref={box} role="log" aria-live="off" aria-label={`Log of ${container}`} tabIndex={0}>
        {rows.map(({ key, type, stream, time, data }) => (
          <div key={key} className={type === "log" ? `row ${stream}` : `row note ${type}`}>
            {time && <time dateTime={time}>{time.slice(11, 23)}</time>}
            <span>{clean(data)}</span>
          </div>
        ))}
      </div>
    </main>
  );
}

function Chat() {
  const [messages, setMessages] = useState<{ text: string }[]>([]);
  useWebSocket(address("/ws/channels/app:chat"), {
    onMessage: (message) => message.text && setMessages((now) => [...now.slice(-99), message]),
  });
  const { isConnected, sendMessage } = useWebSocket(address("/ws"));

  function say(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const text = new FormData(event.currentTarget).get("text");
    if (sendMessage({ type: "publish", channel: "app:chat", data: { text } })) event.currentTarget.reset();
  }

  return (
    <aside className="chat" aria-label="Chat">
      <div className="bar"><h2>Chat</h2></div>
      <div className="messages" role="log" aria-label="Messages" tabIndex={0}>
        {messages.map(({ text }, index) => <p key={index}>{text}</p>)}
      </div>
      <form onSubmit={say}>
        <input name="text" aria-label="Message" placeholder="Say something" autoComplete="off" required />
        <button className="primary" disabled={!isConnected}>Send</button>
      </form>
    </aside>
  );
}

createRoot(document.getElementById("root")!).render(<Page />);
