// Many clients, each with a connection of its own, follow one container's log, whose lines are numbered: "o 0", "o 1".
// Says every 200 ms what they all saw since the last `mark` on stdin, as one JSON object a line. Ends with its stdin.
//
//   node crowd.mjs URL CONTAINER CLIENTS
import { createInterface } from "node:readline";
import { Dockcast } from "../page/dockcast.js";
import WebSocket from "ws";

const [url, container, count] = process.argv.slice(2);
const crowd = Array.from({ length: Number(count) }, () => ({ state: "idle", next: -1, wrong: "", heardAt: 0 }));
let seen = {};
const mark = () => {
  // waits: milliseconds that clients gave themselves; silence: the longest between two items of one client
  seen = { waits: [], moves: 0, gaps: 0, opened: 0, silence: 0 };
  for (const each of crowd) each.heardAt = 0;
};
mark();

for (const each of crowd) {
  const client = new Dockcast({ url, WebSocket });
  client.onState((state) => {
    each.state = state.kind;
    if (state.kind === "waiting") seen.waits.push(state.at - Date.now());
    if (state.kind === "moving") seen.moves += 1;
    if (state.kind === "open") seen.opened += 1;
  });
  client.logs(container, { tail: 1, stderr: false }).onItems((items) => {
    const now = performance.now();
    if (each.heardAt > 0) seen.silence = Math.max(seen.silence, now - each.heardAt);
    each.heardAt = now;
    for (const item of items) {
      if (item.kind === "gap") seen.gaps += 1;
      if (item.kind !== "line") continue;
      const number = Number(item.text.slice(2));
      if (each.next >= 0 && number !== each.next) each.wrong ||= `${number} came, ${each.next} was to come`;
      each.next = number + 1;
    }
  });
}

setInterval(() => {
  const least = Math.min(...crowd.map((each) => each.next));
  const open = crowd.filter((each) => each.state === "open").length;
  const wrong = crowd.map((each) => each.wrong).filter(Boolean);
  console.log(JSON.stringify({ ...seen, open, least, wrong }));
}, 200);
createInterface({ input: process.stdin }).on("line", mark).on("close", () => process.exit(0));
