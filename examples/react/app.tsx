// One page: the containers, the log of one of them, the state of the connection, and a chat.
import type { Container } from "@dockcast/client";
import { DockcastProvider, useContainers } from "@dockcast/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat";
import { Connection } from "./connection";
import { Log } from "./log";
import { at, getToken, Login } from "./place";

function Page() {
  const { containers, state } = useContainers();
  const [chosen, choose] = useState<string>();
  const first = containers?.find((each) => each.state === "running") ?? containers?.[0];
  if (!chosen && first) choose(first.name);
  return (
    <>
      <header>
        <h1>Containers</h1>
        <Connection />
      </header>
      <nav aria-label="Containers">
        {containers ? (
          <List containers={containers} chosen={chosen} choose={choose} />
        ) : (
          <p className="empty">{state.kind === "ended" ? "The list is not available." : "Loading…"}</p>
        )}
      </nav>
      {chosen ? <Log container={chosen} key={chosen} /> : <main />}
      <Chat channel="app:chat" />
      <Login />
    </>
  );
}

interface ListProps {
  containers: readonly Container[];
  chosen: string | undefined;
  choose: (name: string) => void;
}

function List({ containers, chosen, choose }: ListProps) {
  if (!containers.length) return <p className="empty">No containers here yet.</p>;
  const rank = ({ state, name }: Container) => (state === "running" ? "0" : "1") + name;
  const projects = Map.groupBy(
    containers.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)),
    ({ project }) => project ?? "",
  );
  return [...projects].map(([project, members]) => (
    <section key={project}>
      <h2>{project || "Containers"}</h2>
      <ul>
        {members.map(({ id, name, state, status, image }) => (
          <li key={id}>
            <button aria-current={name === chosen} onClick={() => choose(name)}>
              <strong>{name}</strong>
              <small className={state} title={image}>{status}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  ));
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <DockcastProvider url={at} getToken={getToken}>
      <Page />
    </DockcastProvider>
  </StrictMode>,
);
