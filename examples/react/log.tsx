// The log of one container, which follows its end until somebody scrolls up.
import type { LogItem, Status, SubscriptionState } from "@dockcast/client";
import { useLogs, useStats } from "@dockcast/react";
import { memo, useLayoutEffect, useRef, useState } from "react";
import { clean } from "./text";

const statuses: Record<Status["state"], string | undefined> = {
  live: undefined,
  stopped: "The container stopped.",
  restarted: "The container runs again.",
  removed: "The container was removed.",
  source_down: "The Docker Engine does not answer.",
  degraded: "Redis does not answer; reading on without it.",
  recovered: "Back to normal.",
};

const Row = memo(function Row({ item }: { item: LogItem }) {
  if (item.kind === "gap") {
    const count = item.lines === undefined ? "Lines are" : item.lines === 1 ? "One line is" : `${item.lines} lines are`;
    return <div className="row note gap">{`${count} missing here: ${item.reason}.`}</div>;
  }
  if (item.kind === "status") return statuses[item.state] && <div className="row note">{statuses[item.state]}</div>;
  return (
    <div className={`row ${item.stream}`}>
      <time dateTime={item.time}>{item.time.slice(11, 23)}</time>
      <span>{clean(item.text)}</span>
    </div>
  );
});

/** What is wrong with it, if anything is. */
function trouble(state: SubscriptionState): string | undefined {
  switch (state.kind) {
    case "pending":
    case "live":
    case "stopped":
      return undefined;
    case "resuming":
      return "It goes on as soon as there is a connection.";
    case "sourceDown":
      return "The Docker Engine does not answer.";
    case "degraded":
      return "Redis does not answer; new lines go on coming.";
    case "ended":
      return typeof state.why === "object" ? state.why.message : `It has ended: ${state.why}.`;
  }
}

export function Log({ container }: { container: string }) {
  const log = useLogs(container, { tail: 500, keep: 2000 });
  const { stats } = useStats(container);
  const [held, hold] = useState<typeof log>(); // it stands still for who has scrolled up
  const box = useRef<HTMLDivElement>(null);
  const { items, first } = held ?? log;
  const news = log.first + log.items.length - first - items.length;
  const wrong = trouble(log.state);

  useLayoutEffect(() => {
    if (!held) box.current!.scrollTop = box.current!.scrollHeight;
  }, [items, held]);

  function scrolled({ scrollHeight, scrollTop, clientHeight }: HTMLDivElement) {
    const atEnd = scrollHeight - scrollTop - clientHeight < 8;
    if (!atEnd && !held) hold(log);
    else if (atEnd && held && !news) hold(undefined);
  }

  return (
    <main>
      <div className="bar">
        <h2>{container}</h2>
        <p className="state wait" role="status" hidden={!wrong}>{wrong}</p>
        <p className="usage">
          {stats && `${stats.cpuPercent.toFixed(1)} % CPU · ${(stats.memoryBytes / 2 ** 20).toFixed(1)} MiB`}
        </p>
        <button onClick={() => (hold(undefined), log.clear())}>Clear</button>
      </div>
      <div
        className="log"
        ref={box}
        role="log"
        aria-live="off"
        aria-label={`Log of ${container}`}
        tabIndex={0}
        onScroll={(event) => scrolled(event.currentTarget)}
      >
        {log.state.kind === "pending" && <p className="row note">Loading…</p>}
        {items.map((item, index) => <Row item={item} key={first + index} />)}
      </div>
      {news > 0 && (
        <button className="more" onClick={() => hold(undefined)}>
          {news === 1 ? "1 new line ↓" : `${news.toLocaleString("en")} new lines ↓`}
        </button>
      )}
    </main>
  );
}
